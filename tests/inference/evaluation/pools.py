"""A picture, samples of it, and a distance that can be computed by hand."""

from __future__ import annotations

import numpy as np

from inference.core.degradation import downscale
from inference.evaluation.distances import Distance
from inference.evaluation.pictures import Picture

DISTANCE = Distance("absolute", lambda truth: lambda images: np.abs(images.astype(float) - truth).mean(axis=3))


def picture(height: int = 24, width: int = 20, channels: int = 3, **facts) -> Picture:
    high = np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Picture("a.png", high, downscale(high, 4), **facts)


def noisy(one: Picture, count: int = 4, deviation: float = 20) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, deviation, (count, *one.high.shape))
    return np.clip(one.high + noise, 0, 255).astype(np.uint8)
