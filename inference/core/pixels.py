"""Small steps that every decoder shares: size limit, orientation, and floats from integers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .image_types import Decoded, ImageError


def guarded(step: Callable[..., Any], *arguments: object) -> Any:
    """Run one step of a parser of untrusted bytes; whatever it dies of, the file is damaged."""
    try:
        return step(*arguments)
    except ImageError:
        raise
    except Exception:
        raise ImageError("The image file is truncated or damaged.") from None


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise ImageError when the declared size exceeds the limit."""
    if width < 1 or height < 1:
        raise ImageError("The image declares no pixels: the file is damaged.")
    if width * height > max_pixels:
        raise ImageError(
            f"The image declares {width} x {height} pixels, more than the limit of {max_pixels:,}: reduce or crop it."
        )


def upright(pixels: NDArray, orientation: int) -> NDArray:
    """Undo an EXIF or TIFF orientation (1-8; anything else counts as 1), Exif 2.3, tag 0x0112."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def as_decoded(pixels: NDArray) -> Decoded:
    """Integers or floats in [0, 1], (H, W) or (H, W, C), as float32 (H, W, C) with their bit depth."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ImageError("The image file is truncated or damaged.")
    bit_depth = 8 * pixels.dtype.itemsize
    if pixels.dtype in (np.uint8, np.uint16):
        pixels = pixels / np.float64(np.iinfo(pixels.dtype).max)
    return Decoded(np.ascontiguousarray(pixels, dtype=np.float32), bit_depth)
