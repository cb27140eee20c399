"""TIFF files of strangers: one page, grey or RGB, every limit checked before the pixels are unpacked."""

from __future__ import annotations

import logging
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from tifffile import COMPRESSION, PHOTOMETRIC, TiffFile, TiffPage

from .image_types import Decoded, ImageError
from .pixels import as_decoded, check_size, guarded, upright

_MODELS = (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.RGB, PHOTOMETRIC.PALETTE)
# Lossless codecs that unpack no more than they are asked for. An image file inside a TIFF (JPEG, WebP, JPEG XL)
# would bring a second declared size that nobody has checked.
_CODECS = (COMPRESSION.NONE, COMPRESSION.LZW, COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE, COMPRESSION.PACKBITS)
_TYPES = (np.bool_, np.uint8, np.uint16, np.float32)

# A damaged file is reported by ImageError, not by lines in the log for every broken tag.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


def decode_tiff(data: bytes, max_pixels: int) -> Decoded:
    """Decode a TIFF file; raises ImageError with one sentence when it cannot be used (see `decoding.decode`).

    Float32 files must hold finite values in [0, 1], as `images.encode_tiff` writes them.
    """
    return guarded(_decode, data, max_pixels)


def _decode(data: bytes, max_pixels: int) -> Decoded:
    with TiffFile(BytesIO(data)) as file:
        page = _only_page(file)
        check_size(page.imagewidth, page.imagelength, max_pixels)
        if page.is_tiled:
            check_size(page.tilewidth, page.tilelength, max_pixels)
        _check_kind(page)
        _check_complete(page, len(data))
        tag = page.tags.get(274)
        return as_decoded(upright(_pixels(page), int(tag.value) if tag else 1))


def _only_page(file: TiffFile) -> TiffPage:
    if len(file.pages) > 1:
        raise ImageError("The image is animated or has several pages: send a single still image.")
    return file.pages.first


def _check_kind(page: TiffPage) -> None:
    if page.extrasamples:
        raise ImageError(
            "The image has transparency (an alpha channel), which has no defined colour to compare: "
            "save it without transparency."
        )
    if page.compression not in _CODECS:
        raise ImageError("The TIFF file is compressed in an unusual way: save it with LZW, ZIP or no compression.")
    if page.photometric not in _MODELS or page.samplesperpixel not in (1, 3) or page.imagedepth != 1:
        name = getattr(page.photometric, "name", str(page.photometric))
        raise ImageError(f"The image is stored as {name}, not as grey or RGB: convert it to RGB first.")
    depths = (1, 2, 4, 8) if page.photometric == PHOTOMETRIC.PALETTE else (1, 8, 16, 32)
    if page.dtype is None or page.dtype not in _TYPES or page.bitspersample not in depths:
        raise ImageError("The TIFF file has an unusual number of bits per channel: save it with 8 or 16 bits.")


def _check_complete(page: TiffPage, size: int) -> None:
    """A missing or cut segment would otherwise be filled with black in silence."""
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if not segments or any(count <= 0 or offset <= 0 or offset + count > size for offset, count in segments):
        raise ImageError("The image file is truncated or damaged.")


def _pixels(page: TiffPage) -> NDArray:
    pixels = page.asarray()
    if page.photometric == PHOTOMETRIC.PALETTE:
        return (np.moveaxis(np.asarray(page.colormap)[:, pixels.astype(np.intp)], 0, -1) >> 8).astype(np.uint8)
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * 255
    if page.samplesperpixel == 3 and page.planarconfig == 2:
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.dtype == np.float32:
        if not (np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1):
            raise ImageError("A float TIFF file must hold numbers from 0 to 1.")
        return 1 - pixels if page.photometric == PHOTOMETRIC.MINISWHITE else pixels
    return np.iinfo(pixels.dtype).max - pixels if page.photometric == PHOTOMETRIC.MINISWHITE else pixels
