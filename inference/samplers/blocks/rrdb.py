"""Residual-in-residual dense blocks: the encoder of low-resolution images that several families share.

Wang et al., "ESRGAN", ECCV Workshops 2018, section 3.1 and figure 4: no normalisation, residuals scaled by 0.2.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SLOPE = 0.2  # of the leaky ReLU below zero
RESIDUAL = 0.2  # weight of what a block adds to its input


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees the input and all that came before it; (B, width, h, w) to the same."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        outputs = [growth] * 4 + [width]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(width + place * growth, count, 3, padding=1) for place, count in enumerate(outputs)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        seen = features
        for convolution in self.convolutions[:-1]:
            grown = functional.leaky_relu(convolution(seen), SLOPE)
            seen = torch.cat([seen, grown], dim=1)
        return features + RESIDUAL * self.convolutions[-1](seen)


class ResidualDenseBlock(nn.Module):
    """Three dense blocks and a way around them; (B, width, h, w) to the same."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.dense = nn.Sequential(*(DenseBlock(width, growth) for _ in range(3)))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features + RESIDUAL * self.dense(features)


class RRDBEncoder(nn.Module):
    """Features of an image at its own size, and a first guess of the enlarged image.

    width: channels of the features; growth: channels that each convolution of a dense block adds
    doublings: how often the guess doubles the size (2 for x4)
    """

    def __init__(self, channels: int, width: int, blocks: int, growth: int, doublings: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualDenseBlock(width, growth) for _ in range(blocks))
        self.trunk = nn.Conv2d(width, width, 3, padding=1)
        self.enlarging = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(doublings))
        self.high = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, channels, 3, padding=1)

    def features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Of images (B, C, h, w): the output (B, width, h, w) of each block, then the trunk added to the start."""
        start = self.first(images)
        found = [start]
        for block in self.blocks:
            found.append(block(found[-1]))
        return [*found[1:], start + self.trunk(found[-1])]

    def guess(self, features: torch.Tensor) -> torch.Tensor:
        """The enlarged image (B, C, H, W) from the last of the features, in the units of the input, not clipped."""
        state = features
        for convolution in self.enlarging:
            state = functional.leaky_relu(convolution(functional.interpolate(state, scale_factor=2.0)), SLOPE)
        return self.last(functional.leaky_relu(self.high(state), SLOPE))
