"""Batched reduction of training pictures by 4, in torch.

The weights are those of ``inference.core.degradation``, and so is the clipping after each pass.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional

from inference.core.degradation import reduction_matrix

FACTOR = 4


@lru_cache(maxsize=8)
def _matrix(size: int) -> torch.Tensor:
    """(size / 4, size) weights of the bicubic reduction along one axis."""
    return torch.from_numpy(reduction_matrix(size, FACTOR)).float()


def lower_resolution(high: torch.Tensor, boxed: torch.Tensor) -> torch.Tensor:
    """Reduce (B, 1, H, W) in [0, 1] by 4 and round as stored images are.

    Bicubic to 8 bits; where ``boxed`` (B,) is true, block averages to 17 levels (scikit-learn's 8x8 digits).
    """
    rows, columns = (_matrix(size).to(high.device) for size in high.shape[-2:])
    bicubic = (((rows @ high).clamp(0, 1) @ columns.T).clamp(0, 1) * 255 + 0.5).floor() / 255
    blocks = (functional.avg_pool2d(high, FACTOR) * 16 + 0.5).floor() / 16
    return torch.where(boxed[:, None, None, None], blocks, bicubic)
