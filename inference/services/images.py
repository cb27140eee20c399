"""Low-resolution images in, and stored images out."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from inference import store
from inference.core.degradation import upscale
from inference.core.images import Decoded, ImageError, Source, decode, encode_png, read_image, to_uint8, to_uint16
from inference.ensembles import pixels as read_sample
from inference.models import LowResImage, Sample
from inference.samplers.limits import SMALLEST_SIDE

__all__ = ["enlarged_png", "low_res_png", "read_low_res", "read_sample", "sample_png", "store_low_res"]


def store_low_res(image: Source | Decoded) -> LowResImage:
    """Store an upload, a path, bytes or decoded pixels as PNG, 8 or 16 bit; the same pixels are the same row.

    Raises ImageError, one sentence, for what is no usable image or not of an allowed size, and StoreError.
    """
    most = settings.TRUSTSR_MAX_LOW_RES_SIDE
    if not isinstance(image, Decoded):
        image = decode(image, max_pixels=most**2, max_bytes=settings.TRUSTSR_MAX_UPLOAD_BYTES)
    height, width, channels = image.pixels.shape
    if min(height, width) < SMALLEST_SIDE or max(height, width) > most:
        raise ImageError(
            f"The image has {width} x {height} pixels; a low-resolution image has {SMALLEST_SIDE} to {most} per side."
        )
    depth = 8 if image.bit_depth == 8 else 16
    file = encode_png(to_uint8(image.pixels) if depth == 8 else to_uint16(image.pixels))
    facts = {"width": width, "height": height, "channels": channels, "bit_depth": depth}
    row, _ = LowResImage.objects.get_or_create(sha256=store.put(file, "low_res", ".png"), defaults=facts)
    return row


def low_res_png(image: LowResImage) -> bytes:
    """The stored PNG file, verified; raises StoreError."""
    return store.get(image.sha256, "low_res", ".png")


def enlarged_png(image: LowResImage, factor: int) -> bytes:
    """The image enlarged by the bicubic kernel, as an 8-bit PNG file for eyes, not for metrics; raises StoreError."""
    return _enlarged(image.sha256, factor)


@lru_cache(maxsize=32)
def _enlarged(sha256: str, factor: int) -> bytes:
    enlarged = upscale(read_image(store.get(sha256, "low_res", ".png")), factor)
    return encode_png(to_uint8(np.clip(enlarged, 0, 1)))


def read_low_res(image: LowResImage) -> NDArray[np.float32]:
    """The pixels as float32 (H, W, C) in [0, 1]; raises StoreError."""
    return read_image(low_res_png(image))


def sample_png(sample: Sample) -> bytes:
    """The stored PNG file, verified; raises StoreError."""
    return store.get(sample.sha256, "samples", ".png")
