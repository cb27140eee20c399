"""Mosaic: a tiny image repeated until it fills the network's window, so that one pass gives many samples.

The way of "Trustworthy SR", section 3: a 7x7 digit, 9 x 9 times in a 64x64 window, gives 81 samples per pass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.samplers.limits import LowResError


def copies(height: int, width: int, window: int) -> tuple[int, int]:
    """How often the image fits, down and across; LowResError unless it is at least twice both ways."""
    down, across = window // height, window // width
    if min(down, across) < 2:
        raise LowResError(
            f"An image of {width} x {height} pixels does not fit twice into the window of {window} x {window}: "
            f"switch the mosaic off."
        )
    return down, across


def fill(low_res: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """The image (h, w, C) repeated over (window, window, C), cut where the last copies do not fit."""
    height, width = low_res.shape[:2]
    wall = np.tile(low_res, (-(-window // height), -(-window // width), 1))
    return np.ascontiguousarray(wall[:window, :window])


def cut(picture: NDArray[np.float32], down: int, across: int, height: int, width: int) -> NDArray[np.float32]:
    """All full tiles (down * across, height, width, C) of one enlarged window, row by row."""
    full = picture[: down * height, : across * width]
    rows = full.reshape(down, height, across, width, -1).swapaxes(1, 2)
    return np.ascontiguousarray(rows.reshape(down * across, height, width, -1))
