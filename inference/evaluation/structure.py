"""The gradient-structure stand-in: a spatial distance for machines without a learned perceptual metric.

It is our own and no perceptual metric: it compares edges, at three scales, and nobody has fitted it to human judgement.
Figures made with it compare samplers of one table and must not be held against figures made with LPIPS.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

NAME = "gradient-structure stand-in"
VERSION = "1"
SCALES = 3
# Gradients of 5 of 255 levels count half: below that lie rounding and film grain.
_FLOOR = (5 / 255) ** 2


def against(truth: NDArray[np.uint8]) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """A function from images uint8 (N, H, W, C) to the maps (N, H, W) of their distances to the truth (H, W, C).

    At each of three scales (halved by block means) d = G|a - b|^2 / (G|a|^2 + G|b|^2 + c), where a and b are the
    gradients of all channels, and G a Gaussian window of sigma 1.5; the map is the mean of the three. 0: the same
    edges; about 1: edges that have nothing to do with each other, or none where the truth has some; 2 at most.
    """
    references = [_gradients(level) for level in _levels(truth[None])]
    energies = [_energy(reference) for reference in references]

    def distances(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if images.shape[1:] != truth.shape:
            raise ValueError(f"The images differ in size: {truth.shape} and {images.shape[1:]}.")
        total = np.zeros(images.shape[:3], np.float32)
        for place, level in enumerate(_levels(images)):
            gradients = _gradients(level)
            scale = energies[place] + _energy(gradients) + np.float32(_FLOOR)
            total += _enlarged(_energy(gradients - references[place]) / scale, 2**place, truth.shape)
        return total / np.float32(SCALES)

    return distances


def _levels(images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """The images in [0, 1] at full, half and quarter size; odd sides repeat their last line."""
    levels = [images.astype(np.float32) / np.float32(255)]
    for _ in range(SCALES - 1):
        last = levels[-1]
        odd = ((0, 0), (0, last.shape[1] % 2), (0, last.shape[2] % 2), (0, 0))
        even = np.pad(last, odd, mode="edge")
        rows = even[:, ::2] + even[:, 1::2]
        levels.append((rows[:, :, ::2] + rows[:, :, 1::2]) / np.float32(4))
    return levels


def _gradients(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """Differences to the next pixel, down and across, of all channels: (N, H, W, 2C); 0 at the far edges."""
    down = np.diff(level, axis=1, append=level[:, -1:])
    across = np.diff(level, axis=2, append=level[:, :, -1:])
    return np.concatenate([down, across], axis=3)


def _energy(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """The squared length of a field of vectors, averaged over the neighbourhood: (N, H, W)."""
    squared = np.einsum("nhwc,nhwc->nhw", field, field)
    smooth: NDArray[np.float32] = gaussian_filter(squared, sigma=1.5, radius=5, mode="reflect", axes=(1, 2))
    return smooth


def _enlarged(field: NDArray[np.float32], factor: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    large: NDArray[np.float32] = field.repeat(factor, axis=1).repeat(factor, axis=2)
    return large[:, : shape[0], : shape[1]]
