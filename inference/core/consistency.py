"""Consistency projection: move an SR image onto the images that downscale to the given LR image.

Iterative back-projection (Irani and Peleg, CVGIP 53(3), 1991): SR <- SR + up(LR - down(SR)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .degradation import downscale, upscale
from .images import to_float


def project(sr: ArrayLike, lr: ArrayLike, factor: int, iterations: int = 2) -> NDArray[np.float32]:
    """Back-project SR images onto one LR image.

    sr: (H, W, C) or (N, H, W, C) in [0, 1];  lr: (H / factor, W / factor, C) in [0, 1]
    iterations: 0 leaves the image as it is; 1 or 2 are enough for an LR-PSNR of 45 dB
    returns: float32 of the shape of ``sr``, clipped to [0, 1] after each iteration

    Raises ValueError when the sizes do not belong together or ``iterations`` is negative.
    """
    if iterations < 0:
        raise ValueError(f"The number of iterations must be 0 or more, not {iterations}.")
    image, target = to_float(sr), to_float(lr)
    check_sizes(image, target, factor)
    for _ in range(iterations):
        image = np.clip(image + upscale(target - downscale(image, factor), factor), 0, 1)
    return image.astype(np.float32)


def check_sizes(sr: NDArray, lr: NDArray, factor: int) -> None:
    """Raise ValueError unless ``sr``, one image or a stack, is ``factor`` times as large as ``lr``."""
    if lr.ndim != 3 or sr.ndim not in (3, 4):
        raise ValueError(f"Expected SR (H, W, C) or (N, H, W, C) and LR (h, w, C), got {sr.shape} and {lr.shape}.")
    height, width, channels = lr.shape
    if sr.shape[-3:] != (height * factor, width * factor, channels):
        raise ValueError(
            f"An LR image of shape {lr.shape} and a factor of {factor} need an SR image of shape "
            f"{(height * factor, width * factor, channels)}, not {sr.shape[-3:]}."
        )
