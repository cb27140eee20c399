"""What can be wrong with a drawn picture, told from the picture and its low-resolution image alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.core.degradation import upscale

NOT_FINITE = "not finite"
DEAD = "dead"
COLOUR_CAST = "colour cast"
PATCH_EXPLOSION = "patch explosion"

FAR_OUTSIDE, FEW = 0.25, 0.01  # beyond [0, 1], and the share of pixels that may be
LARGEST_CAST = 0.1  # difference of a channel's mean from the low-resolution image's
BLOCK, TIMES, FLOOR = 16, 4.0, 0.3  # pixels; times the median block's deviation; and at least this deviation
FLAT = 0.5 / 255


def fault(picture: NDArray[np.float32], low_res: NDArray[np.float32], scale: int) -> str:
    """The first fault of a picture, or an empty string.

    picture: (H, W, C) before it is clipped to [0, 1];  low_res: (H / scale, W / scale, C) in [0, 1]

    Not finite: any such value. Dead: flat, though the low-resolution image is not. Patch explosion: more than 1 % of
    the values far outside the range, or a block of 16 x 16 pixels that deviates from the bicubic enlargement four
    times as much as the median block, and by 0.3 or more. Colour cast: a channel's mean is off by more than 0.1.
    """
    if not np.isfinite(picture).all():
        return NOT_FINITE
    if np.mean((picture < -FAR_OUTSIDE) | (picture > 1 + FAR_OUTSIDE)) > FEW:
        return PATCH_EXPLOSION
    image = np.clip(picture, 0, 1)
    if image.std() < FLAT and low_res.std() > 10 * FLAT:
        return DEAD
    deviations = _blocks(image - upscale(low_res, scale))
    if deviations.max() > max(FLOOR, TIMES * float(np.median(deviations))):
        return PATCH_EXPLOSION
    if np.abs(image.mean(axis=(0, 1)) - low_res.mean(axis=(0, 1))).max() > LARGEST_CAST:
        return COLOUR_CAST
    return ""


def _blocks(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standard deviation within each block; what is left over at the right and lower edge joins no block."""
    height, width = (max(BLOCK, side - side % BLOCK) for side in difference.shape[:2])
    whole = difference[:height, :width].mean(axis=2)
    rows, columns = max(1, whole.shape[0] // BLOCK), max(1, whole.shape[1] // BLOCK)
    return np.array([part.std() for row in np.array_split(whole, rows) for part in np.array_split(row, columns, 1)])
