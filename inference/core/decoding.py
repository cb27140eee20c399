"""Decoding of image files that strangers sent: every limit is checked before the pixels are unpacked."""

from __future__ import annotations

import struct
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .image_types import Decoded, ImageError
from .pixels import as_decoded, check_size, guarded, upright

MAX_PIXELS = 64_000_000
MAX_BYTES = 256 * 2**20
ACCEPTED = "PNG, JPEG, TIFF, BMP or WebP"
ORIENTATION_TAG = 274

Source = str | PathLike[str] | bytes | BinaryIO


def decode(file: Source, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> Decoded:
    """Decode one still PNG, JPEG, TIFF, BMP or WebP image, grey or RGB, 8 or 16 bit.

    file: a path, the bytes themselves, or a binary file (read from its start where it can seek).
    1-bit images become grey, palettes without transparency RGB; orientation tags are applied; 16 bits are
    kept. Colour profiles are not applied. Of a camera's multi-picture JPEG (MPO) the main picture is taken.

    Raises ImageError, with one sentence saying why, for everything else: not an image, damaged or
    truncated, too large in bytes or (before decoding) in declared pixels, several frames, transparency,
    CMYK and other colour models, SVG. A path that does not exist raises FileNotFoundError.
    """
    data = _read(file, max_bytes)
    kind = _kind(data)
    if kind == "TIFF":
        from .tiff import decode_tiff

        return decode_tiff(data, max_pixels)
    return _decode_with_pillow(data, kind, max_pixels)


def _read(file: Source, max_bytes: int) -> bytes:
    if isinstance(file, bytes):
        data = file
    elif isinstance(file, (str, PathLike)):
        with Path(file).open("rb") as handle:
            data = handle.read(max_bytes + 1)
    else:
        if file.seekable():
            file.seek(0)
        data = file.read(max_bytes + 1)
    if not data:
        raise ImageError("The file is empty.")
    if len(data) > max_bytes:
        raise ImageError(f"The file is larger than the limit of {max_bytes / 2**20:.4g} MiB.")
    return data


def _kind(data: bytes) -> str:
    """The format by its first bytes; names and content types are not believed."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data.startswith(b"BM"):
        return "BMP"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if b"<svg" in data[:4096].lower():
        raise ImageError("SVG files are drawings, not pixels, and are never accepted: export the image as PNG.")
    raise ImageError(f"The file is not an image that can be read: send {ACCEPTED}.")


def _decode_with_pillow(data: bytes, kind: str, max_pixels: int) -> Decoded:
    with _open(data, kind, max_pixels) as image:
        check_size(image.width, image.height, max_pixels)
        _check_frames(image)
        _check_mode(image)
        guarded(image.verify)
    with _open(data, kind, max_pixels) as image:
        # IHDR: eight bytes of signature, eight of chunk header, width, height, then the bit depth.
        deep = kind == "PNG" and data[24] == 16
        pixels = guarded(_decode_deep_png, data) if deep else guarded(_eight_bits, image)
        pixels = upright(pixels, _orientation(image))
    return as_decoded(pixels)


def _open(data: bytes, kind: str, max_pixels: int) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(
            f"The image declares more pixels than the limit of {max_pixels:,}: reduce or crop it."
        ) from None
    except Exception:
        raise ImageError(f"The {kind} file is truncated or damaged.") from None


def _check_frames(image: Image.Image) -> None:
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise ImageError("The image is animated or has several pages: send a single still image.")
    if image.format == "GIF":
        raise ImageError(f"GIF files are not accepted: send {ACCEPTED}.")


def _check_mode(image: Image.Image) -> None:
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        raise ImageError(
            "The image has transparency (an alpha channel), which has no defined colour to compare: "
            "save it without transparency."
        )
    if image.mode not in ("1", "L", "P", "RGB", "I;16", "I;16B", "I"):
        raise ImageError(f"The image is stored as {image.mode}, not as grey or RGB: convert it to RGB first.")


def _decode_deep_png(data: bytes) -> NDArray[np.uint16]:
    """Pillow would silently cut 16-bit RGB to 8 bits."""
    import imagecodecs

    return imagecodecs.png_decode(data)


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    image.load()
    if image.mode == "P":
        return np.asarray(image.convert("RGB"))
    return np.asarray(image.convert("L") if image.mode == "1" else image)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return 1
