"""Where each file of an export stands. Items by their position, samples by their index in the pool."""

from __future__ import annotations

ENSEMBLE_FILES = {
    "png8": "ensemble.png",
    "png16": "ensemble-16bit.png",
    "tiff": "ensemble.tiff",
    "spread": "spread.tiff",
    "residual": "residual.tiff",
}

#: Folder of the tables as papers have them.
TABLES = "tables"


def low_res(item: int) -> str:
    return f"low_res/{item:03d}.png"


def truth(item: int) -> str:
    return f"truth/{item:03d}.png"


def sample(item: int, index: int) -> str:
    return f"samples/{item:03d}/{index:04d}.png"


def ensemble(item: int, kind: str, variant: str = "") -> str:
    """kind: png8, png16, tiff, spread or residual;  variant: its key, of the study's own ensemble empty."""
    folder = f"ensembles/{item:03d}/{variant}" if variant else f"ensembles/{item:03d}"
    return f"{folder}/{ENSEMBLE_FILES[kind]}"


def picture(name: str) -> str:
    """A picture of the study's texts."""
    return f"pictures/{name}.png"


def method(item: int, number: int) -> str:
    """What an uploaded method made of an item. number: 0, 1, ... of the method within the study."""
    return f"methods/{item:03d}/{number:02d}.png"


def stimulus(item: int, number: int, kind: str) -> str:
    """A picture of the rating phase. number: 0, 1, ... within the item; the truth has its own place."""
    return truth(item) if kind == "reference" else f"stimuli/{item:03d}/{number:02d}-{kind}.png"
