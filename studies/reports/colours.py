"""A perceptually even colour map for maps of spread, readable by colour-blind people.

Sixteen anchors of matplotlib's "viridis" (van der Walt and Smith, CC0), interpolated linearly; the web
process so needs no plotting library.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Spread at the end of the scale, where 1 is white minus black; half of the samples black and half white give 0.5.
#: Fixed, so that maps of different items can be compared.
SPREAD_SCALE = 0.5
#: Residual at the end of the scale. A residual of 0.0056 at every pixel is 45 dB, one of 0.03 is 30 dB.
RESIDUAL_SCALE = 0.1

_ANCHORS = np.array(
    [
        (68, 1, 84), (72, 26, 108), (71, 47, 125), (65, 68, 135), (57, 86, 140), (49, 104, 142), (42, 120, 142),
        (35, 136, 142), (31, 152, 139), (34, 168, 132), (53, 183, 121), (84, 197, 104), (122, 209, 81),
        (165, 219, 54), (210, 226, 27), (253, 231, 37),
    ],
    dtype=np.float64,
)  # fmt: skip


def colour_map(values: NDArray, *, maximum: float) -> NDArray[np.uint8]:
    """Colours (H, W, 3) of a map (H, W): 0 is dark violet, `maximum` and more is yellow."""
    share = np.clip(np.asarray(values, dtype=np.float64) / maximum, 0, 1) if maximum > 0 else np.zeros(values.shape)
    at = share * (len(_ANCHORS) - 1)
    channels = [np.interp(at, np.arange(len(_ANCHORS)), _ANCHORS[:, channel]) for channel in range(3)]
    return np.floor(np.stack(channels, axis=-1) + 0.5).astype(np.uint8)


def one_channel(values: NDArray) -> NDArray:
    """A map (H, W) of one number for every pixel. Colour images: the root mean square over the channels."""
    return values if values.ndim == 2 else np.sqrt(np.mean(np.square(values), axis=-1))
