"""The first stage of latent diffusion, shared by `ldm` and `resshift`: images to latents and back.

Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022, section 3.1.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from diffusers import VQModel
from torch import nn

from inference.samplers.blocks.patches import PatchAutoencoder
from inference.samplers.blocks.vq_attention import as_published

FirstStage: TypeAlias = VQModel | PatchAutoencoder


class LatentNetworks(nn.Module):
    """Parent of networks that work in a latent space; its keys are ``autoencoder.*``.

    config: "autoencoder", the arguments of diffusers' `VQModel`, or of `PatchAutoencoder` where "kind" is "patch";
        "latent", mean and std that standardise the latents (0 and 1 in the official models)
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.autoencoder = autoencoder(config["autoencoder"])
        if isinstance(self.autoencoder, VQModel):
            as_published(self.autoencoder)
        self.latent_channels: int = config["autoencoder"]["latent_channels"]
        self.factor = downsampling(self.autoencoder)
        latent = config["latent"]
        self.mean, self.std = latent["mean"], latent["std"]

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Standardised latents (B, c, h, w), not quantised, of images (B, C, f * h, f * w) in [-1, 1]."""
        encoded: Any = self.autoencoder.encode(images)
        raw = encoded.latents if isinstance(self.autoencoder, VQModel) else encoded
        return (raw - self.mean) / self.std

    def decode(self, states: torch.Tensor) -> torch.Tensor:
        """Images (B, C, f * h, f * w) in about [-1, 1] from standardised latents, a VQ's through its codebook."""
        decoded: Any = self.autoencoder.decode(states * self.std + self.mean)
        return decoded.sample if isinstance(self.autoencoder, VQModel) else decoded


def autoencoder(config: dict[str, Any]) -> FirstStage:
    """The autoencoder that a config describes."""
    arguments = {name: value for name, value in config.items() if name != "kind"}
    return PatchAutoencoder(**arguments) if config.get("kind") == "patch" else VQModel(**arguments)


def downsampling(first_stage: FirstStage) -> int:
    """The factor f between image and latent."""
    if isinstance(first_stage, PatchAutoencoder):
        return first_stage.factor
    return int(2 ** (len(first_stage.config.block_out_channels) - 1))
