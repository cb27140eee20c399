"""A folder of samples as commands write it: PNG files, and a manifest.json that says how they were made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.images import encode_png, to_uint8
from inference.core.metrics import lr_consistency

MANIFEST = "manifest.json"


def check_free(folder: Path) -> None:
    """Raises ValueError for a folder that holds samples already: two runs in one folder cannot be told apart."""
    if (folder / MANIFEST).exists():
        raise ValueError(f"{folder} holds samples already: give the name of another folder.")


def write_samples(
    drawn: Iterable[Any], low_res: NDArray[np.float32], scale: int, folder: Path, facts: dict[str, Any]
) -> dict[str, Any]:
    """Write each sample as it comes, then the manifest: ``facts``, and in "samples" what is known of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = sorted(_written(drawn, low_res, scale, folder), key=lambda entry: entry["index"])
    manifest = {**facts, "samples": entries}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _written(drawn: Iterable[Any], low_res: NDArray[np.float32], scale: int, folder: Path) -> Iterator[dict[str, Any]]:
    for one in drawn:
        pixels = to_uint8(one.image)
        content = encode_png(pixels)
        file = f"sample_{one.index:05d}.png"
        (folder / file).write_bytes(content)
        yield {
            "index": one.index,
            "file": file,
            "seed": one.seed,
            "attempt": one.attempt,
            "fault": one.fault,
            "suspect": one.suspect,
            "sha256": hashlib.sha256(content).hexdigest(),
            "lr_consistency_db": round(float(lr_consistency(pixels, low_res, scale)), 2),
        }
