"""What decoding an image file gives: pixels with their bit depth, or one clear reason why not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class ImageError(ValueError):
    """A file that cannot be used as an image; the message is one sentence for the person who sent it."""


@dataclass(frozen=True)
class Decoded:
    """A decoded image file.

    pixels: float32 (H, W, C) in [0, 1], C = 1 (grey) or 3 (RGB), upright (orientation tags applied)
    bit_depth: bits per channel in the file: 8, 16, or 32 for a float TIFF (1- to 7-bit files count as 8)
    """

    pixels: NDArray[np.float32]
    bit_depth: int
