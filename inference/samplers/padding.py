"""Sizes that a network can halve, from sizes that people have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def padded(low_res: NDArray[np.float32], multiple: int) -> NDArray[np.float32]:
    """The image (h, w, C) mirrored at its right and lower edge to multiples of a number.

    The mirrored border repeats where it is wider than the image, so that any size can be padded.
    """
    height, width = low_res.shape[:2]
    return np.pad(low_res, ((0, -height % multiple), (0, -width % multiple), (0, 0)), mode="symmetric")
