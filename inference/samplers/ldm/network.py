"""The two networks of latent diffusion: first stage and conditional U-Net, as diffusers builds them.

Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022; the super-resolution
model ``bsr_sr``. The low-resolution image is brought to the size of the latent and concatenated to it.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import UNet2DModel

from inference.samplers.blocks.latent import LatentNetworks


class Networks(LatentNetworks):
    """Both networks under one roof, so that one file holds them: keys ``autoencoder.*`` and ``unet.*``."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.unet = UNet2DModel(**config["unet"])

    def predict(self, state: torch.Tensor, step: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """What the U-Net says of latents (B, c, h, w), given the low-resolution image (B, C, h, w) in [-1, 1]."""
        return self.unet(torch.cat([state, condition], dim=1), step).sample.float()


def condition_of(low_res: torch.Tensor, scale: int, downsampling: int) -> torch.Tensor:
    """Low-resolution images (B, C, h, w) in [0, 1] as the U-Net wants them: in [-1, 1], of the latents' size.

    Where the image is enlarged by more than the first stage is, by 8 with f = 4 say, each of its pixels is repeated.
    """
    repeats = scale // downsampling
    enlarged = low_res.repeat_interleave(repeats, dim=2).repeat_interleave(repeats, dim=3) if repeats > 1 else low_res
    return enlarged * 2 - 1
