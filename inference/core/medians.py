"""Medians of samples: robust against a minority of odd ones. Worked out strip by strip, whatever the number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .images import to_float
from .stacks import Samples, strips, white

#: Weiszfeld's iteration ends when no channel moves by more than this part of white (a 16-bit step is 1.5e-5) ...
STOP = 1e-6
#: ... and after as many steps in any case.
STEPS = 300
#: Every so many steps it is looked whether the nearest sample's colour is the minimum.
LOOK = 10
#: Floats take eight times the room of 8-bit samples, and the iteration some copies.
_FLOATS = 4 * 2**20


def median(samples: Samples) -> NDArray[np.float64]:
    """Pixel and channel median, float64 (H, W, C) in [0, 1]. Between channels it can invent colours.

    Raises ValueError as `ensembling.mean` does.
    """
    return np.concatenate([np.median(strip, axis=0) / white(strip.dtype) for strip in strips(samples)])


def geometric_median(samples: Samples) -> NDArray[np.float64]:
    """At each pixel the colour with the least sum of distances to the samples' colours, float64 (H, W, C) in [0, 1].

    Weiszfeld's iteration from the mean, as mended by Vardi and Zhang (PNAS 97(4), 2000, equation 2.6) for iterates
    that meet a sample's colour; it stops at STOP or after STEPS. Where the nearest sample's colour is the minimum
    itself, as that of a majority always is, exactly this colour is taken. Where many colours are nearly as good, it may
    stop before the best, at a sum of distances within 1e-5 of it. Plain elementwise arithmetic in the order
    given: the same bits on every machine. Grey images have the usual median. Raises ValueError as `median`.
    """
    return np.concatenate([_of_strip(strip) for strip in strips(samples, _FLOATS)])


def _of_strip(strip: NDArray) -> NDArray[np.float64]:
    if strip.ndim < 4 or strip.shape[-1] == 1:
        return np.median(strip, axis=0) / white(strip.dtype)
    points = to_float(strip).reshape(len(strip), -1, strip.shape[-1])
    return _weiszfeld(points).reshape(strip.shape[1:])


def _weiszfeld(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """points: (N, pixels, C); returns: (pixels, C)"""
    at = _sum(points) / len(points)
    moving = np.arange(len(at))
    for step in range(1, STEPS + 1):
        moved = _step(points[:, moving], at[moving])
        far = np.abs(moved - at[moving]).max(axis=1) > STOP
        at[moving] = moved
        if step % LOOK == 0:  # towards a sample's colour the iteration creeps
            at[moving], held = _snapped(points[:, moving], at[moving])
            far &= ~held
        moving = moving[far]
        if len(moving) == 0:
            break
    return _snapped(points, at)[0]


def _step(points: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vardi and Zhang's step: Weiszfeld's, shortened by the samples that lie at the iterate itself."""
    pull, weight, here = _pull(points, at)
    strength = _length(pull)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(strength > 0, np.maximum(0.0, 1 - here / strength), 0.0)
        return at + np.where(kept[:, None] > 0, kept[:, None] * pull / weight[:, None], 0.0)


def _snapped(points: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The nearest sample's colour where it is the minimum (there the others pull less than it holds), and where."""
    nearest, least = points[0].copy(), _length(points[0] - at)
    for point in points[1:]:
        distance = _length(point - at)
        closer = distance < least
        nearest[closer], least = point[closer], np.minimum(distance, least)
    pull, _, here = _pull(points, nearest)
    # Not where both are equal: then a whole line is as good, and the middle of two colours is nobody's.
    held = _length(pull) < here - 1e-9
    return np.where(held[:, None], nearest, at), held


def _pull(
    points: NDArray[np.float64], at: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sum of the unit vectors to the other samples, sum of 1 / distance, and how many samples lie at the place."""
    pull, weight, here = np.zeros_like(at), np.zeros(len(at)), np.zeros(len(at))
    for point in points:
        distance = _length(point - at)
        apart = distance > 0
        share = np.divide(1.0, distance, out=np.zeros_like(distance), where=apart)
        pull += share[:, None] * (point - at)
        weight += share
        here += ~apart
    return pull, weight, here


def _length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros(len(vectors))
    for channel in range(vectors.shape[1]):
        total += vectors[:, channel] ** 2
    return np.sqrt(total)


def _sum(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """One after the other: numpy's own sum may group otherwise on another processor."""
    total = np.zeros_like(points[0])
    for point in points:
        total += point
    return total
