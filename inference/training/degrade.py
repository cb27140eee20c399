"""Batched reduction of training pictures, in torch.

The weights are those of ``inference.core.degradation``, and so is the clipping after each pass.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional

from inference.core.degradation import reduction_matrix

FACTOR = 4


@lru_cache(maxsize=8)
def _matrix(size: int, factor: int) -> torch.Tensor:
    """(size / factor, size) weights of the bicubic reduction along one axis."""
    return torch.from_numpy(reduction_matrix(size, factor)).float()


def lower_resolution(high: torch.Tensor, boxed: torch.Tensor, factor: int = FACTOR) -> torch.Tensor:
    """Reduce (B, C, H, W) in [0, 1] and round as stored images are.

    Bicubic to 8 bits; where ``boxed`` (B,) is true, block averages to 17 levels (scikit-learn's 8x8 digits).
    """
    rows, columns = (_matrix(size, factor).to(high.device) for size in high.shape[-2:])
    bicubic = (((rows @ high).clamp(0, 1) @ columns.T).clamp(0, 1) * 255 + 0.5).floor() / 255
    if not boxed.any():
        return bicubic
    blocks = (functional.avg_pool2d(high, factor) * 16 + 0.5).floor() / 16
    return torch.where(boxed[:, None, None, None], blocks, bicubic)
