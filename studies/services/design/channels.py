"""Images as grey or RGB, where that loses nothing."""

from __future__ import annotations

import dataclasses

import numpy as np

from inference.core.images import Decoded, ImageError


def with_channels(image: Decoded, channels: int) -> Decoded:
    """The image with 1 or 3 channels: grey repeated thrice, or RGB whose channels are equal as grey.

    Raises ImageError for a colour image where grey is needed.
    """
    pixels = image.pixels
    if pixels.shape[2] == channels:
        return image
    if channels == 3:
        return dataclasses.replace(image, pixels=np.repeat(pixels, 3, axis=2))
    if not (pixels == pixels[:, :, :1]).all():
        raise ImageError("The image is in colour, but the chosen weights draw grey images: convert it to grey first.")
    return dataclasses.replace(image, pixels=np.ascontiguousarray(pixels[:, :, :1]))
