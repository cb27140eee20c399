"""What the demonstrations show: LR images with their hidden truths, from packages or from a folder of one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.core.degradation import downscale
from inference.evaluation import EvaluationError
from inference.evaluation.pictures import folder_source
from studies.errors import StudyError

#: Photographs in the public domain or free to use, and the packages that they come in.
SCIKIT_IMAGE = {
    "astronaut": "astronaut", "brick": "brick", "cameraman": "camera", "cat": "chelsea", "coffee": "coffee",
    "coins": "coins", "galaxies": "hubble_deep_field", "rocket": "rocket",
}  # fmt: skip
SCIKIT_LEARN = {"dahlia": "flower.jpg", "pagoda": "china.jpg"}


@dataclass(frozen=True)
class Picture:
    """An LR image, uint8 (h, w, C), with its truth and the label that it truly shows, where anybody has them."""

    name: str
    low: NDArray[np.uint8]
    truth: NDArray[np.uint8] | None = None
    label: str | None = None


def photographs(count: int, *, side: int, scale: int) -> list[Picture]:
    """The middle side x side pixels of photographs, by name. Raises StudyError where they are not installed."""
    found = _packaged()
    if count > len(found):
        raise StudyError(f"There are {len(found)} photographs here: ask for fewer, or give more by --images.")
    return [_middle(name, found[name], side, scale) for name in sorted(found)[:count]]


def of_folder(folder: Path, count: int, *, side: int | None, scale: int) -> list[Picture]:
    """The first images of a folder by name, HR, and their reductions; side: of the middle that is taken, None for all.

    Raises StudyError for a folder with too few, and for one that is too small.
    """
    try:
        found = folder_source(folder, side).at(scale)
    except (EvaluationError, OSError, ValueError) as error:
        raise StudyError(str(error)) from None
    if len(found) < count:
        raise StudyError(f"{folder} has {len(found)} images, and {count} are needed: add some, or say --items.")
    return [Picture(Path(one.name).stem, one.low, one.high) for one in found[:count]]


def digest(pictures: Sequence[Picture]) -> str:
    """A few digits that tell other pictures apart."""
    content = hashlib.sha256()
    for one in pictures:
        content.update(repr(one.low.shape).encode() + one.low.tobytes())
    return content.hexdigest()[:8]


def _packaged() -> dict[str, NDArray[np.uint8]]:
    try:
        from skimage import data
    except ModuleNotFoundError:
        raise StudyError(
            "The photographs of the demonstration come with scikit-image: pip install scikit-image, or give a folder "
            "of your own by --images."
        ) from None
    from sklearn.datasets import load_sample_image

    found = {name: getattr(data, called)() for name, called in SCIKIT_IMAGE.items()}
    found |= {name: load_sample_image(called) for name, called in SCIKIT_LEARN.items()}
    return {name: image if image.ndim == 3 else image[..., None] for name, image in found.items()}


def _middle(name: str, image: NDArray[np.uint8], side: int, scale: int) -> Picture:
    top, left = ((length - side) // 2 for length in image.shape[:2])
    truth = np.ascontiguousarray(image[top : top + side, left : left + side])
    return Picture(name, downscale(truth, scale), truth)
