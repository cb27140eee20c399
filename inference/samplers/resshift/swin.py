"""Attention within windows: the layer that ResShift's U-Net has instead of global self-attention.

Liu et al., "Swin Transformer", ICCV 2021: multi-head attention in square windows with a bias for relative positions;
every second block moves the windows by half their size. ResShift (Yue et al., NeurIPS 2023, section 4.1) normalises by
groups of channels instead of layers and mixes channels by 1x1 convolutions.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import nn

GROUPS = 32
FORBIDDEN = -100.0  # added to the score of pixels that only the wrapping of shifted windows made neighbours


class SwinLayer(nn.Module):
    """Features (B, channels, H, W) through ``depth`` blocks of another width; replaces them, without a shortcut.

    H and W are multiples of the window. ``shift`` moves the windows of every second block, 0 of none.
    """

    def __init__(
        self, channels: int, *, width: int, heads: int, window: int, shift: int, depth: int, mlp_ratio: int
    ) -> None:
        super().__init__()
        self.embed = nn.Conv2d(channels, width, 1)
        self.blocks = nn.ModuleList(
            SwinBlock(width, heads, window, shift if index % 2 else 0, mlp_ratio) for index in range(depth)
        )
        self.unembed = nn.Conv2d(width, channels, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        features = self.embed(features)
        for block in self.blocks:
            features = block(features)
        return self.unembed(features)


class SwinBlock(nn.Module):
    """Window attention and a two-layer perceptron per pixel, each after a normalisation and beside a shortcut."""

    def __init__(self, width: int, heads: int, window: int, shift: int, mlp_ratio: int) -> None:
        super().__init__()
        self.window, self.shift = window, shift
        self.norm_attention = nn.GroupNorm(GROUPS, width)
        self.attention = WindowAttention(width, heads, window)
        self.norm_mix = nn.GroupNorm(GROUPS, width)
        self.mix = nn.Sequential(
            nn.Conv2d(width, mlp_ratio * width, 1), nn.GELU(), nn.Conv2d(mlp_ratio * width, width, 1)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        features = features + self._attend(self.norm_attention(features))
        return features + self.mix(self.norm_mix(features))

    def _attend(self, features: torch.Tensor) -> torch.Tensor:
        height, width = features.shape[2:]
        mask = None
        if self.shift:
            features = features.roll((-self.shift, -self.shift), (2, 3))
            mask = wrapping_mask(height, width, self.window, self.shift).to(features.device)
        attended = self.attention(to_windows(features, self.window), mask)
        features = from_windows(attended, self.window, height, width)
        return features.roll((self.shift, self.shift), (2, 3)) if self.shift else features


class WindowAttention(nn.Module):
    """Multi-head attention among the pixels of each window (Swin Transformer, equation 4)."""

    positions: torch.Tensor

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.bias = nn.Parameter(0.02 * torch.randn((2 * window - 1) ** 2, heads))
        self.register_buffer("positions", relative_positions(window), persistent=False)

    def forward(self, windows: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """windows: (B, count, pixels, width); mask: (count, pixels, pixels), added to the scores of all heads."""
        batch, count, pixels, width = windows.shape
        split = self.qkv(windows).reshape(batch, count, pixels, 3, self.heads, -1)
        query, key, value = split.permute(3, 0, 1, 4, 2, 5)  # each (B, count, heads, pixels, width / heads)
        bias = self.bias[self.positions].permute(2, 0, 1)
        if mask is not None:
            bias = bias + mask.unsqueeze(1)
        weights = ((query * self.scale) @ key.transpose(-2, -1) + bias).softmax(dim=-1)
        return self.out((weights @ value).transpose(2, 3).reshape(batch, count, pixels, width))


def to_windows(features: torch.Tensor, window: int) -> torch.Tensor:
    """(B, C, H, W) as (B, H / window * W / window, window^2, C), row by row."""
    batch, channels, height, width = features.shape
    tiles = features.reshape(batch, channels, height // window, window, width // window, window)
    return tiles.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, window * window, channels)


def from_windows(windows: torch.Tensor, window: int, height: int, width: int) -> torch.Tensor:
    """The inverse of `to_windows`."""
    batch, _, _, channels = windows.shape
    tiles = windows.reshape(batch, height // window, width // window, window, window, channels)
    return tiles.permute(0, 5, 1, 3, 2, 4).reshape(batch, channels, height, width)


def relative_positions(window: int) -> torch.Tensor:
    """(pixels, pixels): for each pair of pixels of a window, the row of the bias table for their offset."""
    rows, columns = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
    down = rows.flatten()[:, None] - rows.flatten() + window - 1
    across = columns.flatten()[:, None] - columns.flatten() + window - 1
    return down * (2 * window - 1) + across


@lru_cache(maxsize=16)
@torch.inference_mode(False)
def wrapping_mask(height: int, width: int, window: int, shift: int) -> torch.Tensor:
    """(windows, pixels, pixels) for shifted windows: 0 between pixels of one region of the image, else `FORBIDDEN`.

    Per axis, the regions are what lies before the last window, its part up to the wrapped pixels, and those.
    """
    down, across = (
        (torch.arange(length) >= length - window).long() + (torch.arange(length) >= length - shift)
        for length in (height, width)
    )
    regions = to_windows((3 * down[:, None] + across)[None, None], window)[0, :, :, 0]
    return torch.where(regions[:, :, None] == regions[:, None, :], 0.0, FORBIDDEN)
