"""A perceptually even colour map for maps of spread, readable by colour-blind people.

Sixteen anchors of matplotlib's "viridis" (van der Walt and Smith, CC0), interpolated linearly; the web
process so needs no plotting library.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
