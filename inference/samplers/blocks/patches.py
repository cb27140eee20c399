"""A light first stage: all of its work is done at a quarter of the resolution, where a processor has time for it.

An autoencoder of latent diffusion's kind (Rombach et al., CVPR 2022, section 3.1, weak pull to zero) whose first and
last layers rearrange 4 x 4 pixels into channels (Shi et al., "Real-Time Single Image and Video Super-Resolution
Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016), with residual blocks without normalisation
(EDSR: Lim et al., CVPRW 2017) in between. Normalised blocks lose the contrast of a crop and need hours to win it back.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class PatchAutoencoder(nn.Module):
    """Images (B, in_channels, f * h, f * w) in [-1, 1] to latents (B, latent_channels, h, w) and back."""

    def __init__(
        self,
        *,
        in_channels: int,
        latent_channels: int,
        width: int,
        encoder_blocks: int,
        decoder_blocks: int,
        factor: int,
    ) -> None:
        super().__init__()
        patch = in_channels * factor**2
        self.factor = factor
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(factor),
            nn.Conv2d(patch, width, 3, padding=1),
            *(ResidualBlock(width) for _ in range(encoder_blocks)),
            nn.Conv2d(width, latent_channels, 3, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(latent_channels, width, 3, padding=1),
            *(ResidualBlock(width) for _ in range(decoder_blocks)),
            nn.Conv2d(width, patch, 3, padding=1),
            nn.PixelShuffle(factor),
        )

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return self.encoder(images)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return self.decoder(latents)


class ResidualBlock(nn.Module):
    """x + conv(SiLU(conv(x))), the identity at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        for parameter in self.second.parameters():
            nn.init.zeros_(parameter)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features + self.second(functional.silu(self.first(features)))
