"""Sizes of low-resolution images that any sampler takes; knows no torch, since uploads are checked by them too."""

from __future__ import annotations

SMALLEST_SIDE = 4  # pixels
MOST_PIXELS = 1024 * 1024  # altogether
