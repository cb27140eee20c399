"""Which spatial distance an evaluation measures with: LPIPS where it can, else a stand-in that is named as such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation import structure


@dataclass(frozen=True)
class Distance:
    """``against(truth)``, of uint8 (H, W, C), gives a function from images (N, H, W, C) to distances (N, H, W).

    reason: why it is not LPIPS, in words; empty where it is
    """

    name: str
    against: Callable[[NDArray[np.uint8]], Callable[[NDArray[np.uint8]], NDArray[np.float32]]]
    reason: str = ""


def choose(smallest: int, device: str = "cpu") -> Distance:
    """The distance for images whose shortest side has ``smallest`` pixels: one and the same for a whole evaluation."""
    from inference import perceptual

    try:
        if smallest < perceptual.SMALLEST:
            raise perceptual.Unavailable(f"it needs images of {perceptual.SMALLEST} pixels per side")
        return Distance(*perceptual.lpips(device))
    except perceptual.Unavailable as error:
        return Distance(f"{structure.NAME} {structure.VERSION}", structure.against, f"Not LPIPS: {error}.")
