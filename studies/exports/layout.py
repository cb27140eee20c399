"""Where each file of an export stands. Items by their position, samples by their index in the pool."""

from __future__ import annotations

ENSEMBLE_FILES = {
    "png8": "ensemble.png",
    "png16": "ensemble-16bit.png",
    "tiff": "ensemble.tiff",
    "spread": "spread.tiff",
}


def low_res(item: int) -> str:
    return f"low_res/{item:03d}.png"


def truth(item: int) -> str:
    return f"truth/{item:03d}.png"


def sample(item: int, index: int) -> str:
    return f"samples/{item:03d}/{index:04d}.png"


def ensemble(item: int, kind: str) -> str:
    """kind: png8, png16, tiff or spread."""
    return f"ensembles/{item:03d}/{ENSEMBLE_FILES[kind]}"
