"""Pixel-wise combination of samples: mean, median, medoid, and the spread that says where they disagree.

Samples are one array (N, H, W, C) or any iterable of images of one shape and type, so that `mean` and
`spread` of a big pool need the memory of a few images. Floats are images in [0, 1]. uint8 and uint16 images
are summed as integers: exact, hence the same bits on every machine and in every order. Results are float64
in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .images import to_float

Samples = NDArray | Sequence[NDArray] | Iterable[NDArray]


def mean(samples: Samples, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Weighted pixel mean, sum(w x) / sum(w), as float64 (H, W, C) in [0, 1].

    weights: (N,), such as votes, or (N, H, W), such as votes per region; not negative, with a positive sum
    (at every pixel). None weighs all samples alike. Exact for integer images with whole-number weights
    (rounded once, to float64); otherwise sums are float64 in the order given.

    With equal weights, MSE(mean) = mean of the samples' MSE - mean pixel variance (ddof 0): the mean is
    never worse than its average member, whoever chose the members.

    Raises ValueError for no samples, differing shapes or types, NaN, and unusable weights.
    """
    total, divisor, unit = _sums(samples, None if weights is None else _checked_weights(weights))
    return total / (np.asarray(divisor, dtype=np.float64) * unit)


def mean_uint8(samples: Samples, weights: ArrayLike | None = None) -> NDArray[np.uint8]:
    """The mean of uint8 samples, rounded half up in whole numbers: (2 sum + n) // 2n.

    It equals to_uint8(mean(...)).
    weights: as for `mean`, but whole numbers. Raises ValueError for other images and weights.
    """
    total, divisor, unit = _sums(samples, None if weights is None else _checked_weights(weights))
    if unit != 255 or not np.issubdtype(total.dtype, np.integer):
        raise ValueError("An exact 8-bit mean needs uint8 images and whole-number weights: use to_uint8(mean(...)).")
    return ((2 * total + divisor) // (2 * np.asarray(divisor))).astype(np.uint8)


def median(samples: Samples) -> NDArray[np.float64]:
    """Pixel and channel median, float64 (H, W, C) in [0, 1]. Between channels it can invent colours."""
    return np.median(to_float(np.stack(list(_images(samples)))), axis=0)


def medoid(samples: Samples) -> NDArray:
    """The sample nearest to the mean, unchanged: a real sample, without the blur of averaging."""
    images = list(_images(samples))
    return images[medoid_index(images)].copy()


def medoid_index(samples: Samples) -> int:
    """The index of the sample with the least squared distance to the mean, the first of equals.

    The same sample has the least sum of squared distances to all others.
    """
    images = list(_images(samples))
    # Integers: N x - sum(x) has no rounding, so that equals are equal.
    exact = images[0].dtype in (np.uint8, np.uint16)
    scaled = [image.astype(np.int64 if exact else np.float64) * len(images) for image in images]
    total = np.sum(scaled, axis=0) // len(images) if exact else np.sum(scaled, axis=0) / len(images)
    distances = [((image - total) ** 2).sum() for image in scaled]
    return int(np.argmin(distances))


def spread(samples: Samples) -> NDArray[np.float64]:
    """Standard deviation over samples (ddof 1) per pixel and channel, float64 (H, W, C), in units of [0, 1].

    It is nan everywhere for a single sample. With n = 5 it is itself uncertain by about 1 / sqrt(2 (n - 1))
    = 35 %. Floats go through Welford's recurrence (Technometrics 4(3), 1962).
    """
    iterator = _images(samples)
    first = next(iterator)
    if first.dtype in (np.uint8, np.uint16):
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
        total = total + image
        squares = squares + image.astype(np.int64) ** 2
    if count == 1:
        return np.full(first.shape, np.nan)
    variance = (count * squares - total**2) / (np.float64(count) * (count - 1))
    return np.sqrt(variance) / np.iinfo(first.dtype).max


def _sums(samples: Samples, weights: NDArray | None) -> tuple[NDArray, int | NDArray, float]:
    """sum(w x), sum(w) ready to divide it, and the value of white in the samples' unit."""
    total: NDArray | None = None
    divisor: int | NDArray = 0
    unit = 1.0
    for index, (image, weight) in enumerate(_pairs(samples, weights)):
        if image.dtype in (np.uint8, np.uint16):
            unit, image = float(np.iinfo(image.dtype).max), image.astype(np.int64)
        else:
            image = image.astype(np.float64)
        if weight is not None:
            weight = _aligned(weight, image, index)
            image = weight * image
        total = image if total is None else total + image
        divisor = divisor + (1 if weight is None else weight)
    if np.any(np.asarray(divisor) <= 0):
        raise ValueError("The weights are all zero, for the whole image or for some pixel.")
    assert total is not None  # _images yields at least one
    return total, divisor, unit


def _pairs(samples: Samples, weights: NDArray | None) -> Iterator[tuple[NDArray, NDArray | None]]:
    if weights is None:
        yield from ((image, None) for image in _images(samples))
        return
    count = 0
    for count, image in enumerate(_images(samples), start=1):
        if count > len(weights):
            break
        yield image, weights[count - 1]
    if count != len(weights):
        raise ValueError(f"There are {len(weights)} weights, which is not the number of samples.")


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


def _images(samples: Samples) -> Iterator[NDArray]:
    """The samples one by one, each checked against the first."""
    first: NDArray | None = None
    for index, sample in enumerate(samples):
        image = np.asarray(sample)
        first = image if first is None else first
        if image.dtype not in (np.uint8, np.uint16) and not np.issubdtype(image.dtype, np.floating):
            raise ValueError(f"Samples hold floats, uint8 or uint16, not {image.dtype}.")
        if image.ndim < 2:
            raise ValueError(f"Expected a stack of images (N, H, W, C); sample {index} has shape {image.shape}.")
        if image.shape != first.shape or image.dtype != first.dtype:
            raise ValueError(
                f"All samples must have one size and type: sample 0 is {first.shape} {first.dtype}, "
                f"sample {index} is {image.shape} {image.dtype}."
            )
        if np.issubdtype(image.dtype, np.floating) and not np.isfinite(image).all():
            raise ValueError(f"Sample {index} contains values that are not finite numbers (NaN or infinity).")
        yield image
    if first is None:
        raise ValueError("There are no samples to combine.")
