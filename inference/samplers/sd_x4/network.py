"""The networks of a latent upscaler as diffusers builds them, and the embedding of the empty prompt.

Rombach et al., CVPR 2022, and the model card of stable-diffusion-x4-upscaler: the low-resolution image gets noise of a
level that the U-Net is told, as cascades do (Ho et al., "Cascaded Diffusion Models", JMLR 2022, section 4.2).
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn


class Networks(nn.Module):
    """Keys ``autoencoder.*``, ``unet.*`` and ``prompt``, the text encoder's output (1, tokens, width)."""

    prompt: torch.Tensor

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.autoencoder = AutoencoderKL(**config["autoencoder"])
        self.unet = UNet2DConditionModel(**config["unet"])
        self.register_buffer("prompt", torch.zeros(1, *config["prompt"]))
        self.factor: int = 2 ** (len(config["autoencoder"]["block_out_channels"]) - 1)

    def predict(
        self, state: torch.Tensor, step: torch.Tensor, image: torch.Tensor, level: torch.Tensor
    ) -> torch.Tensor:
        """What the U-Net says of latents (B, c, h, w) beside the noisy image (B, 3, h, w) of a noise level (B,)."""
        prompt = self.prompt.expand(len(state), -1, -1)
        together = torch.cat([state, image], dim=1)
        return self.unet(together, step, encoder_hidden_states=prompt, class_labels=level).sample.float()

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Images (B, 3, f * h, f * w) in about [-1, 1]."""
        return self.autoencoder.decode(latents / self.autoencoder.config.scaling_factor).sample
