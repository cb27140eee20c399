"""What the digit readers make of pictures: labels of samples, and which LR images are hard to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inference.core.weights import WeightsError
from inference.evaluation import EvaluationError
from inference.readers import DIGITS, LARGEST

if TYPE_CHECKING:
    from inference.training.reader import Kind

SURE = 0.9
# Not by what the image truly shows: then confident misreadings would count and confident right readings not, and shares
# that are exactly right would seem badly calibrated.
HARD = f"hard to read: a classifier of the LR images gives its answer less than {100 * SURE:.0f} %"


def read_high(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The digit in each of (N, H, W, C), as the reader of sharp pictures sees it; EvaluationError for large ones."""
    if max(images.shape[1:3]) > LARGEST:
        raise EvaluationError(
            f"Labels are read in pictures of up to {LARGEST} x {LARGEST} pixels: leave them out here."
        )
    return _probabilities(images, "high").argmax(axis=1)


@dataclass(frozen=True)
class LowReading:
    """What a classifier of LR images answers, and the probability that it gives to its answer."""

    digit: int
    probability: float

    @property
    def hard(self) -> bool:
        """Whether the LR image is hard to read, see HARD."""
        return self.probability < SURE


def read_low(images: NDArray[np.uint8]) -> list[LowReading] | None:
    """The digits in LR images (N, h, w, C); None where there is no classifier of images of that size."""
    side = max(images.shape[1:3])
    kind: Kind | None = "x8" if side <= 4 else "low" if side <= 8 else None
    try:
        answers = None if kind is None else _probabilities(images, kind)
    except WeightsError:
        answers = None
    return None if answers is None else [LowReading(int(one.argmax()), float(one.max())) for one in answers]


def digit(label: str) -> int:
    """The number of a label; EvaluationError for a label that is no digit."""
    if label not in DIGITS:
        raise EvaluationError(f"The reader knows the digits 0 to 9, not the label {label!r}.")
    return DIGITS.index(label)


def _probabilities(images: NDArray[np.uint8], kind: Kind) -> NDArray[np.float32]:
    from inference.training import reader  # torch, on first use

    return reader.read(images / np.float32(255), kind)
