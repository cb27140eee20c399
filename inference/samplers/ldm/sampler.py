"""Latent diffusion as a sampler: noise in the latent of an autoencoder, denoised beside the low-resolution image.

Rombach et al., CVPR 2022; the sampler behind "Trustworthy SR".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.samplers.base import Check, Sampler
from inference.samplers.blocks.chain import Chain
from inference.samplers.blocks.decoding import decoded
from inference.samplers.ldm import mosaic
from inference.samplers.ldm.network import Networks, condition_of
from inference.samplers.ldm.settings import LatentDiffusionSettings
from inference.samplers.padding import as_batch, padded
from inference.samplers.seeds import generators, noise
from inference.samplers.settings import SamplerSettings
from inference.samplers.tiling import tiled


@dataclass(frozen=True)
class Context:
    """One image and how it is to be drawn: the condition (1, C, h, w) in [-1, 1], as large as the latents.

    height, width: of the low-resolution image, before it was padded or repeated
    """

    condition: torch.Tensor
    height: int
    width: int
    copies: tuple[int, int]
    settings: LatentDiffusionSettings


class LatentDiffusionSampler(Sampler):
    """Draws by DDIM or the stochastic DPM-Solver++; takes finished networks and the config stored beside them."""

    Settings = LatentDiffusionSettings

    def __init__(self, networks: Networks, config: dict[str, Any], device: str = "cpu", sha256: str = "") -> None:
        # 1.3 times as fast in bfloat16 at the official size
        networks.unet.to(memory_format=torch.channels_last)
        super().__init__(networks, config, device, sha256)
        self.downsampling = networks.factor
        self.mosaic_window: int = config["window"]

    @staticmethod
    def build(config: dict[str, Any]) -> Networks:
        networks = Networks(config)
        factor, scale, channels = networks.factor, config["scale"], config["channels"]
        if scale % factor:
            raise ValueError(f"images enlarged by {scale} have no latents where the first stage halves to 1/{factor}")
        wanted = networks.latent_channels + channels
        if networks.unet.config.in_channels != wanted:
            raise ValueError(f"the U-Net has to take {wanted} channels, those of the latents and of the image")
        return networks

    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Context:
        """The condition: mirrored at the right and lower edge to a size that the U-Net can halve, or repeated."""
        assert isinstance(settings, LatentDiffusionSettings)
        height, width = low_res.shape[:2]
        if settings.mosaic:
            copies = mosaic.copies(height, width, self.mosaic_window)
            field = mosaic.fill(low_res, self.mosaic_window)
        else:
            copies, field = (1, 1), padded(low_res, 2 ** (len(self.networks.unet.config.block_out_channels) - 1))
        condition = condition_of(as_batch(field, self.device), self.scale, self.downsampling).contiguous()
        return Context(condition, height, width, copies, settings)

    def tiles(self, context: Context) -> int:
        return context.copies[0] * context.copies[1]

    def batch_size(self, context: Context) -> int:
        """The weights' micro-batch, less for images larger than those the U-Net was trained on; one mosaic."""
        if context.settings.mosaic:
            return 1
        area = context.condition.shape[2] * context.condition.shape[3]
        return max(1, min(self.micro_batch, self.micro_batch * self.networks.unet.config.sample_size**2 // area))

    def draw_passes(self, context: Context, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        sources = generators(noise_seeds)
        condition = context.condition.expand(len(sources), -1, -1, -1)
        shape = (self.networks.latent_channels, *condition.shape[2:])
        chain = Chain(self.config, context.settings.steps, context.settings.solver, context.settings.eta)
        state = noise(sources, shape, self.device)
        for place, time in enumerate(chain.times):
            check()
            clean = chain.clean(self._predicted(state, time, condition), state, time)
            state = chain.step(clean, state, place, noise(sources, shape, self.device))
        check()
        images = decoded(self.networks.decode, state, *self._windows(), self.downsampling)
        return self._pictures(context, images)

    def _predicted(self, state: torch.Tensor, time: int, condition: torch.Tensor) -> torch.Tensor:
        """One evaluation of the U-Net, in joint windows over a large image."""
        times = torch.full((len(state),), time, device=self.device)
        return tiled(
            lambda part, beside: self.networks.predict(part, times, beside), (state, condition), *self._windows()
        )

    def _windows(self) -> tuple[int, int]:
        """Side and overlap of windows in latent pixels."""
        repeats = self.scale // self.downsampling
        return self.tile * repeats, self.overlap * repeats

    def _pictures(self, context: Context, images: torch.Tensor) -> NDArray[np.float32]:
        """Decoded windows (B, C, H, W) in [-1, 1] as (B, tiles, h * scale, w * scale, C) in [0, 1]."""
        pictures = (images.permute(0, 2, 3, 1).float().cpu().numpy() + 1) / 2
        height, width = context.height * self.scale, context.width * self.scale
        return np.stack([mosaic.cut(picture, *context.copies, height, width) for picture in pictures])
