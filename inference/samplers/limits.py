"""Low-resolution images that any sampler takes; knows no torch, since uploads are checked by their limits too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST_SIDE = 4  # pixels
MOST_PIXELS = 1024 * 1024  # altogether


class LowResError(ValueError):
    """A low-resolution image that these weights cannot enlarge; the message is one sentence."""


def checked(low_res: NDArray[np.floating]) -> NDArray[np.float32]:
    """The low-resolution image as float32 (h, w, C); LowResError unless shape, type and range are right."""
    image = np.asarray(low_res)
    if image.ndim != 3 or image.shape[2] not in (1, 3):
        raise LowResError(f"A low-resolution image has the shape (h, w, 1) or (h, w, 3), not {image.shape}.")
    if min(image.shape[:2]) < SMALLEST_SIDE:
        raise LowResError(
            f"The low-resolution image has {image.shape[1]} x {image.shape[0]} pixels: "
            f"at least {SMALLEST_SIDE} x {SMALLEST_SIDE} are needed."
        )
    if image.shape[0] * image.shape[1] > MOST_PIXELS:
        raise LowResError(
            f"The low-resolution image has {image.shape[1]} x {image.shape[0]} pixels, more than {MOST_PIXELS:,} "
            "altogether: cut it into parts."
        )
    if not np.issubdtype(image.dtype, np.floating) or not np.isfinite(image).all():
        raise LowResError("A low-resolution image consists of finite floats from 0 to 1.")
    if image.min() < 0 or image.max() > 1:
        raise LowResError(f"A low-resolution image ranges from 0 to 1, this one from {image.min()} to {image.max()}.")
    return np.ascontiguousarray(image, dtype=np.float32)
