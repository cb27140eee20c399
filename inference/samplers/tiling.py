"""Windows over images that are larger than what a network was made for, and than what fits into memory.

The way of latent diffusion's super-resolution and of MultiDiffusion (Bar-Tal et al., ICML 2023, equation 5): in each
denoising step all windows are evaluated, and what they say of the same place is averaged. So they agree after every
step, which windows that are denoised one after the other do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch


def tiled(
    function: Callable[..., torch.Tensor], tensors: Sequence[torch.Tensor], window: int, overlap: int, factor: int = 1
) -> torch.Tensor:
    """Apply a network to overlapping windows and blend the results.

    function: gets windows (B, C_i, h, w) of all tensors and gives (B, C, factor * h, factor * w)
    tensors: (B, C_i, H, W), all of one height and width
    window, overlap: in pixels of the tensors; a smaller image is one window, given as it is
    returns: (B, C, factor * H, factor * W); weights fall linearly towards a window's inner edges
    """
    height, width = tensors[0].shape[-2:]
    if height <= window and width <= window:
        return function(*tensors)
    rows, columns = starts(height, window, overlap), starts(width, window, overlap)
    total: torch.Tensor | None = None
    weights = torch.zeros(1, 1, height * factor, width * factor, device=tensors[0].device)
    for top in rows:
        for left in columns:
            bottom, right = min(top + window, height), min(left + window, width)
            part = function(*(tensor[..., top:bottom, left:right] for tensor in tensors)).float()
            if total is None:
                total = part.new_zeros(*part.shape[:2], height * factor, width * factor)
            down = _ramp(bottom - top, overlap, top > 0, bottom < height, factor, part.device)
            across = _ramp(right - left, overlap, left > 0, right < width, factor, part.device)
            mask = down[:, None] * across
            place = (..., slice(top * factor, bottom * factor), slice(left * factor, right * factor))
            total[place] += part * mask
            weights[place] += mask
    assert total is not None
    return total / weights


def starts(length: int, window: int, overlap: int) -> list[int]:
    """Where windows begin, so that neighbours share at least ``overlap`` pixels and the last ends at the edge."""
    if length <= window:
        return [0]
    stride = max(1, window - overlap)
    count = -(-(length - window) // stride) + 1
    return [place * (length - window) // (count - 1) for place in range(count)]


def _ramp(length: int, overlap: int, before: bool, after: bool, factor: int, device: torch.device) -> torch.Tensor:
    """Weights along one side of a window: rising from 0 over the overlap where another window begins or ends."""
    places = torch.arange(length * factor, device=device) + 0.5
    rise = places / (max(1, overlap) * factor)
    weights = torch.ones(length * factor, device=device)
    if before:
        weights = torch.minimum(weights, rise)
    if after:
        weights = torch.minimum(weights, rise.flip(0))
    return weights
