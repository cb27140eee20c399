"""The two networks of latent diffusion: VQ-f4 autoencoder and conditional U-Net, as diffusers builds them.

Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022; the super-resolution
model ``bsr_sr``. The low-resolution image has the size of the latent and is concatenated to it.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import UNet2DModel, VQModel
from torch import nn


class Networks(nn.Module):
    """Both networks under one roof, so that one file holds them: keys ``autoencoder.*`` and ``unet.*``."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.autoencoder = VQModel(**config["autoencoder"])
        self.unet = UNet2DModel(**config["unet"])
        latent = config["latent"]
        self.mean, self.std = latent["mean"], latent["std"]

    def predict(self, state: torch.Tensor, step: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """What the U-Net says of latents (B, 3, h, w), given the low-resolution image (B, C, h, w) in [-1, 1]."""
        return self.unet(torch.cat([state, condition], dim=1), step).sample

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Images (B, C, 4h, 4w) in about [-1, 1] from standardised latents, through the codebook."""
        return self.autoencoder.decode(latents * self.std + self.mean).sample

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Standardised latents (B, 3, h, w), not quantised, of images (B, C, 4h, 4w) in [-1, 1]."""
        return (self.autoencoder.encode(images).latents - self.mean) / self.std
