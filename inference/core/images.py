"""Images in and out of files, and the one rule of rounding.

Inside the program an image is float32 (H, W, C) in [0, 1] with C = 1 or 3. Rounding to integers is half up
and happens once, at the very end; numpy's own rounding is half to even and would make 2.5 into 2.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .decoding import MAX_BYTES, MAX_PIXELS, Source, decode
from .image_types import Decoded, ImageError
from .pixels import guarded

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "Decoded",
    "ImageError",
    "Source",
    "decode",
    "encode_png",
    "encode_tiff",
    "read_image",
    "read_uint8",
    "to_float",
    "to_uint8",
    "to_uint16",
]

# Dividing by 255 and multiplying again can turn an exact half into 2.4999999999999996. The nudge puts it
# back; it is far below the distance of any other mean of integers from a half.
_NUDGE = 1e-9


def read_image(path_or_file: Source) -> NDArray[np.float32]:
    """Read a file as float32 (H, W, C) in [0, 1], C = 1 or 3. Raises ImageError as `decode` does."""
    return decode(path_or_file).pixels


def read_uint8(png: bytes) -> NDArray[np.uint8]:
    """A PNG file of ours as uint8 (H, W, C), without the way through floats; other depths are rounded half up.

    Raises ImageError for a file that is damaged.
    """
    import imagecodecs

    pixels: NDArray = guarded(imagecodecs.png_decode, png)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    return pixels if pixels.dtype == np.uint8 and pixels.shape[2] in (1, 3) else to_uint8(read_image(png))


def to_uint8(image: ArrayLike) -> NDArray[np.uint8]:
    """Clip floats to [0, 1] and round half up to 0..255. uint8 passes unchanged; NaN raises ValueError."""
    return _to_integers(image, np.dtype(np.uint8))


def to_uint16(image: ArrayLike) -> NDArray[np.uint16]:
    """Clip floats to [0, 1] and round half up to 0..65535. uint16 passes unchanged, uint8 v becomes 257 v."""
    return _to_integers(image, np.dtype(np.uint16))


def _to_integers(image: ArrayLike, dtype: np.dtype) -> NDArray:
    pixels = np.asarray(image)
    if pixels.dtype == dtype:
        return pixels.copy()
    pixels = to_float(pixels)
    if np.isnan(pixels).any():
        raise ValueError("The image contains values that are not numbers (NaN).")
    return np.floor(np.clip(pixels, 0, 1) * np.iinfo(dtype).max + (0.5 + _NUDGE)).astype(dtype)


def to_float(image: ArrayLike) -> NDArray[np.float64]:
    """The image as float64: uint8 and uint16 are divided by 255 and 65535, floats keep their values."""
    pixels = np.asarray(image)
    if pixels.dtype in (np.uint8, np.uint16):
        return pixels / np.float64(np.iinfo(pixels.dtype).max)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(f"Images hold floats, uint8 or uint16, not {pixels.dtype}.")
    return pixels.astype(np.float64)


def encode_png(image: NDArray) -> bytes:
    """PNG bytes of a uint8 or uint16 image (H, W, 1), (H, W, 3) or (H, W), without metadata.

    The same pixels give the same bytes with the same library versions; to compare across machines, compare
    pixels.
    """
    import imagecodecs

    if image.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"A PNG file holds uint8 or uint16, not {image.dtype}: use to_uint8 or to_uint16 first.")
    return bytes(imagecodecs.png_encode(_without_grey_axis(image), level=6))


def encode_tiff(image: NDArray) -> bytes:
    """Uncompressed float32 TIFF bytes of a float image (H, W, 1), (H, W, 3) or (H, W); deterministic."""
    import tifffile

    if not np.issubdtype(image.dtype, np.floating):
        raise ValueError(f"Only floats are written as float32 TIFF, not {image.dtype}.")
    pixels = _without_grey_axis(image).astype("<f4")
    file = BytesIO()
    photometric = "minisblack" if pixels.ndim == 2 else "rgb"
    tifffile.imwrite(file, pixels, byteorder="<", photometric=photometric, metadata=None, software=False)
    return file.getvalue()


def _without_grey_axis(image: NDArray) -> NDArray:
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"Expected an image (H, W, 1) or (H, W, 3), got shape {image.shape}.")
    return np.ascontiguousarray(image)
