"""The example studies' images: handwritten digits that come inside scikit-learn, those that are hard to read.

Their makers reduced 32x32 scans to 8x8 (E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits",
UCI repository), so x4 super-resolution asks for just what was lost. For x8 they are reduced once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from inference.core.degradation import downscale, upscale

LEVELS = 16
BOX, MNIST, FRAME = 20, 28, 32  # pixels: a digit's height, its frame in MNIST, and one with a border of two
HESITATION = 1.5  # bits: between two and three readings


@dataclass(frozen=True)
class HardDigit:
    """One LR digit: its number in scikit-learn's set, its true label, and how unsure a reader is of it, in bits."""

    number: int
    label: int
    entropy: float
    image: np.ndarray  # uint8 (8, 8, 1), (7, 7, 1) or (4, 4, 1)

    @property
    def name(self) -> str:
        return f"digit {self.number}"


@cache
def hardest(count: int) -> tuple[HardDigit, ...]:
    """The digits on which a reader of the 8x8 images, tested on what it was not trained on, is least sure."""
    images, labels = _scikit_learns()
    entropies = _doubt(images, labels, strictness=0.5)
    return _chosen(images, labels, entropies, np.argsort(-entropies, kind="stable")[:count])


@cache
def ambiguous(count: int) -> tuple[HardDigit, ...]:
    """Digits of 4x4 pixels, for x8, between two or three readings of which a reader of such images hesitates.

    The 8x8 digits are set into 32x32 pixels like those that the weights were trained on, and reduced by 8.
    """
    images, labels = _scikit_learns()
    small = downscale(_framed(images, FRAME), 8)
    entropies = _doubt(small, labels, strictness=100)
    return _chosen(small, labels, entropies, np.argsort(abs(entropies - HESITATION), kind="stable")[:count])


@cache
def between(first: int, second: int, count: int) -> tuple[HardDigit, ...]:
    """Digits of 7x7 pixels, as MNIST's reduced by 4, which a reader of such images takes for either of two.

    Those come first of which the less likely of the two readings is likeliest.
    """
    images, labels = _scikit_learns()
    small = downscale(_framed(images, MNIST), 4)
    read = _read(small, labels, strictness=10)
    return _chosen(small, labels, _entropies(read), np.argsort(-np.minimum(read[:, first], read[:, second]))[:count])


def _scikit_learns() -> tuple[NDArray[np.float64], NDArray]:
    """Images (N, 8, 8, 1) in [0, 1], from ink counts 0..16, and labels (N,)."""
    from sklearn.datasets import load_digits  # heavy, and only the demonstration needs it

    data = load_digits()
    return data.images[..., None] / LEVELS, data.target


def _framed(images: NDArray[np.float64], frame: int) -> NDArray[np.float64]:
    """(N, 8, 8, 1) -> (N, frame, frame, 1): digits 20 pixels high in a black frame."""
    digits = downscale(np.clip(upscale(images, 5), 0, 1), 40 // BOX)
    margin = (frame - BOX) // 2
    return np.pad(digits, ((0, 0), (margin, margin), (margin, margin), (0, 0)))


def _doubt(images: NDArray[np.float64], labels: NDArray, strictness: float) -> NDArray[np.float64]:
    """Entropy in bits, (N,), of what a reader thinks, see `_read`."""
    return _entropies(_read(images, labels, strictness))


def _entropies(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits, (N,), of (N, labels)."""
    return -(probabilities * np.log2(np.maximum(probabilities, 1e-12))).sum(axis=1)


def _read(images: NDArray[np.float64], labels: NDArray, strictness: float) -> NDArray[np.float64]:
    """Probabilities (N, 10) of a logistic regression, in five-fold cross-validation.

    strictness: inverse strength of its regularisation, higher for the faint images of few pixels
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    reader = LogisticRegression(C=strictness, max_iter=2000)
    pixels = images.reshape(len(images), -1)
    return cross_val_predict(reader, pixels, labels, cv=5, method="predict_proba")


def _chosen(
    images: NDArray[np.float64], labels: NDArray, entropies: NDArray[np.float64], order: NDArray
) -> tuple[HardDigit, ...]:
    def grey(image: NDArray[np.float64]) -> NDArray[np.uint8]:
        return np.floor(image * 255 + 0.5).astype(np.uint8)

    return tuple(HardDigit(int(i), int(labels[i]), float(entropies[i]), grey(images[i])) for i in order)
