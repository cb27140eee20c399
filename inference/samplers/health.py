"""What can be wrong with a drawn picture, told from the picture and its low-resolution image alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.core.degradation import downscale, upscale

NOT_FINITE = "not finite"
DEAD = "dead"
COLOUR_CAST = "colour cast"
PATCH_EXPLOSION = "patch explosion"

FAR_OUTSIDE, FEW = 0.25, 0.01  # beyond [0, 1], and the share of pixels that may be
LARGEST_CAST = 0.1  # difference of a channel's mean from the low-resolution image's
BLOCK, TIMES, FLOOR = 16, 4.0, 0.3  # pixels; times the median block's deviation; and at least this deviation
REGION, CLASH = 3, 0.25  # low-resolution pixels per side, and their mean difference
FLAT = 0.5 / 255


class Health:
    """Knows the low-resolution image (h, w, C) in [0, 1] and its enlargement, and tells faults of its pictures."""

    def __init__(self, low_res: NDArray[np.float32], scale: int) -> None:
        self.low_res, self.scale = low_res, scale
        self.enlarged = upscale(low_res, scale)

    def fault(self, picture: NDArray[np.float32]) -> str:
        """The first fault of a picture (h * scale, w * scale, C) that is not clipped yet, or an empty string.

        Not finite: any such value. Dead: every channel flat, though the low-resolution image is not. Patch explosion:
        more than 1 % of the values far outside the range; or a block of about 16 x 16 pixels that deviates from the
        bicubic enlargement four times as much as the median block, and by 0.3 or more; or a region that is another
        one when it is reduced, by 0.25 on average over 3 x 3 low-resolution pixels. Colour cast: a channel's mean is
        off by more than 0.1.
        """
        if not np.isfinite(picture).all():
            return NOT_FINITE
        if np.mean((picture < -FAR_OUTSIDE) | (picture > 1 + FAR_OUTSIDE)) > FEW:
            return PATCH_EXPLOSION
        image = np.clip(picture, 0, 1)
        if image.std(axis=(0, 1)).max() < FLAT and self.low_res.std(axis=(0, 1)).max() > 10 * FLAT:
            return DEAD
        if np.abs(image.mean(axis=(0, 1)) - self.low_res.mean(axis=(0, 1))).max() > LARGEST_CAST:
            return COLOUR_CAST
        deviations = _deviations((image - self.enlarged).mean(axis=2))
        if deviations.max() > max(FLOOR, TIMES * float(np.median(deviations))):
            return PATCH_EXPLOSION
        clashes = np.abs(downscale(image, self.scale) - self.low_res).mean(axis=2)
        return PATCH_EXPLOSION if _regions(clashes).max() > CLASH else ""


def _deviations(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standard deviation within each block (rows, columns): at least half of ``BLOCK`` pixels per side."""
    rows, columns = (max(1, round(side / BLOCK)) for side in difference.shape)
    return np.array(
        [part.std() for row in np.array_split(difference, rows) for part in np.array_split(row, columns, 1)]
    )


def _regions(clashes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over all regions of 3 x 3 pixels; images have at least 4 x 4."""
    return np.lib.stride_tricks.sliding_window_view(clashes, (REGION, REGION)).mean(axis=(2, 3))
