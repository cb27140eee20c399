"""The sRGB curve between stored values and light (IEC 61966-2-1), for means of light."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Light of integer images is counted in steps of this part of white, so that its sums are exact in any order.
FIXED_POINT = float(2**40)


def linear(image: NDArray) -> NDArray:
    """Light of stored values: for uint8 and uint16 as int64 in steps of 1 / FIXED_POINT, for floats as float64."""
    if image.dtype in (np.uint8, np.uint16):
        return _table(image.dtype.name)[image]
    return _light(image.astype(np.float64))


def encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stored values in [0, 1] of light in [0, 1]."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)


@lru_cache
def _table(dtype: str) -> NDArray[np.int64]:
    most = np.iinfo(dtype).max
    return np.floor(_light(np.arange(most + 1) / most) * FIXED_POINT + 0.5).astype(np.int64)


def _light(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values <= 0.04045, values / 12.92, np.power((values + 0.055) / 1.055, 2.4))
