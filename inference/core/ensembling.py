"""Pixel-wise combination of samples: means, medians, medoid, and the spread that says where they disagree.

Samples are one array (N, H, W, C) or any iterable of images of one shape and type, so that `mean` and
`spread` of a big pool need the memory of a few images. Floats are images in [0, 1]. uint8 and uint16 images
are summed as integers: exact, hence the same bits on every machine and in every order. Results are float64
in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .medians import geometric_median, median
from .srgb import FIXED_POINT, encoded, linear
from .stacks import INTEGERS, Samples, images, readable_again, white

__all__ = [
    "Samples",
    "geometric_median",
    "linear_mean",
    "mean",
    "mean_uint8",
    "median",
    "medoid",
    "medoid_index",
    "spread",
    "sums",
]

Transform = Callable[[NDArray], NDArray]


def mean(samples: Samples, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Weighted pixel mean, sum(w x) / sum(w), as float64 (H, W, C) in [0, 1].

    weights: (N,), such as votes, or (N, H, W), such as votes per region; not negative, with a positive sum
    (at every pixel). None weighs all samples alike. Exact for integer images with whole-number weights
    (rounded once, to float64); otherwise sums are float64 in the order given.

    With equal weights, MSE(mean) = mean of the samples' MSE - mean pixel variance (ddof 0): the mean is
    never worse than its average member, whoever chose the members.

    Raises ValueError for no samples, differing shapes or types, NaN, and unusable weights.
    """
    total, divisor, unit = sums(samples, None if weights is None else _checked_weights(weights))
    return total / (np.asarray(divisor, dtype=np.float64) * unit)


def linear_mean(samples: Samples, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """The weighted mean of light instead of stored values, stored again by the sRGB curve, float64 (H, W, C).

    0 and 255 give 188, not 128. Light is summed in steps of 2**-40 for integer images, exactly and in any order;
    weights as for `mean`. Raises ValueError as `mean` does.
    """
    total, divisor, unit = sums(samples, None if weights is None else _checked_weights(weights), linear)
    if np.issubdtype(total.dtype, np.integer):
        unit = FIXED_POINT
    return encoded(total / (np.asarray(divisor, dtype=np.float64) * unit))


def mean_uint8(samples: Samples, weights: ArrayLike | None = None) -> NDArray[np.uint8]:
    """The mean of uint8 samples, rounded half up in whole numbers: (2 sum + n) // 2n.

    It equals to_uint8(mean(...)).
    weights: as for `mean`, but whole numbers. Raises ValueError for other images and weights.
    """
    total, divisor, unit = sums(samples, None if weights is None else _checked_weights(weights))
    if unit != 255 or not np.issubdtype(total.dtype, np.integer):
        raise ValueError("An exact 8-bit mean needs uint8 images and whole-number weights: use to_uint8(mean(...)).")
    return ((2 * total + divisor) // (2 * np.asarray(divisor))).astype(np.uint8)


def medoid(samples: Samples) -> NDArray:
    """The sample nearest to the mean, unchanged: a real sample, without the blur of averaging."""
    again = readable_again(samples)
    nearest = medoid_index(again)
    return next(image for index, image in enumerate(images(again)) if index == nearest).copy()


def medoid_index(samples: Samples) -> int:
    """The index of the sample with the least squared distance to the mean, the first of equals.

    The same sample has the least sum of squared distances to all others.
    """
    again = readable_again(samples)
    # Whole numbers: N x - sum(x) has no rounding, so that equals are equal.
    total, count, _ = sums(again, None)
    distances = [_squares(image.astype(total.dtype) * count - total) for image in images(again)]
    return distances.index(min(distances))


def _squares(differences: NDArray) -> int | float:
    """Their sum; of whole numbers without an end, as squares of 16-bit sums leave 64 bits."""
    rows = (differences**2).reshape(len(differences), -1).sum(axis=1)
    return sum(rows.tolist())


def spread(samples: Samples) -> NDArray[np.float64]:
    """Standard deviation over samples (ddof 1) per pixel and channel, float64 (H, W, C), in units of [0, 1].

    It is nan everywhere for a single sample. With n = 5 it is itself uncertain by about 1 / sqrt(2 (n - 1))
    = 35 %. Floats go through Welford's recurrence (Technometrics 4(3), 1962).
    """
    iterator = images(samples)
    first = next(iterator)
    if first.dtype in INTEGERS:
        return _integer_spread(first, iterator)
    count, centre, squares = 1, first.astype(np.float64), np.zeros(first.shape)
    for count, image in enumerate(iterator, start=2):
        step = image - centre
        centre = centre + step / count
        squares += step * (image - centre)
    return np.sqrt(squares / (count - 1)) if count > 1 else np.full(first.shape, np.nan)


def _integer_spread(first: NDArray, rest: Iterator[NDArray]) -> NDArray[np.float64]:
    """From exact sums; 64 bits hold the squares of 16-bit sums up to N = 46,000."""
    count, total = 1, first.astype(np.int64)
    squares = total**2
    for image in rest:
        count += 1
        total += image
        squares += np.square(image, dtype=np.int64)
    if count == 1:
        return np.full(first.shape, np.nan)
    variance = (count * squares - total**2) / (np.float64(count) * (count - 1))
    return np.sqrt(variance) / np.iinfo(first.dtype).max


def sums(
    samples: Samples, weights: Iterable[NDArray] | None, transform: Transform | None = None
) -> tuple[NDArray, int | NDArray, float]:
    """sum(w x), sum(w) ready to divide it, and the value of white in the samples' unit.

    weights: one per sample, each a number or (H, W), drawn one at a time; whole numbers as integers keep sums exact
    transform: applied to each image first
    """
    total: NDArray | None = None
    divisor: int | NDArray = 0
    unit = 1.0
    for index, (image, weight) in enumerate(_pairs(samples, weights)):
        unit = white(image.dtype)
        image = image if transform is None else transform(image)
        if weight is not None:
            weight = _aligned(np.asarray(weight), image, index)
        total = _added(total, image, weight)
        divisor = divisor + (1 if weight is None else weight)
    if np.any(np.asarray(divisor) <= 0):
        raise ValueError("The weights are all zero, for the whole image or for some pixel.")
    assert total is not None  # images yields at least one
    return total, divisor, unit


def _added(total: NDArray | None, image: NDArray, weight: NDArray | None) -> NDArray:
    """The total with one more image, in place: what passes through the memory decides the time."""
    exact = np.issubdtype(image.dtype, np.integer) and (weight is None or np.issubdtype(weight.dtype, np.integer))
    kind = np.int64 if exact else np.float64
    if weight is not None and not (weight.ndim == 0 and weight == 1):
        image = np.multiply(image, weight, dtype=kind)
    if total is None:
        return image.astype(kind)
    total += image
    return total


def _pairs(samples: Samples, weights: Iterable[NDArray] | None) -> Iterator[tuple[NDArray, NDArray | None]]:
    if weights is None:
        yield from ((image, None) for image in images(samples))
        return
    left = iter(weights)
    count = 0
    for count, image in enumerate(images(samples), start=1):
        weight = next(left, None)
        if weight is None:
            raise ValueError(f"There are {count - 1} weights, which is not the number of samples.")
        yield image, weight
    if more := sum(1 for _ in left):
        raise ValueError(f"There are {count + more} weights, which is not the number of samples.")


def _aligned(weight: NDArray, image: NDArray, index: int) -> NDArray:
    if np.ndim(weight) == 0:
        return weight
    if weight.shape != image.shape[:2]:
        raise ValueError(f"Weights of shape {weight.shape} do not fit sample {index} of shape {image.shape}.")
    return weight.reshape(weight.shape + (1,) * (image.ndim - 2))


def _checked_weights(weights: ArrayLike) -> NDArray:
    """As int64 where all are whole numbers, so that integer images stay exact; else float64."""
    checked = np.asarray(weights, dtype=np.float64)
    if checked.ndim not in (1, 3):
        raise ValueError(f"Weights have shape (N,) or (N, H, W), not {checked.shape}.")
    if not np.isfinite(checked).all() or (checked < 0).any():
        raise ValueError("Weights must be finite numbers that are not negative.")
    whole = (checked == np.floor(checked)).all() and (checked < 2**31).all()
    return checked.astype(np.int64) if whole else checked
