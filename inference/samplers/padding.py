"""What networks take, from what people have: sizes that can be halved, and batches of one."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def padded(low_res: NDArray[np.float32], multiple: int) -> NDArray[np.float32]:
    """The image (h, w, C) mirrored at its right and lower edge to multiples of a number.

    The mirrored border repeats where it is wider than the image, so that any size can be padded.
    """
    height, width = low_res.shape[:2]
    return np.pad(low_res, ((0, -height % multiple), (0, -width % multiple), (0, 0)), mode="symmetric")


def as_batch(image: NDArray[np.float32], device: torch.device) -> torch.Tensor:
    """The image (h, w, C) as (1, C, h, w) on the device."""
    return torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0).contiguous().to(device)
