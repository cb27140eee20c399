"""A latent upscaler as a sampler: noise in a latent space, denoised beside the slightly noisy low-resolution image.

The prompt is empty, so there is nothing to guide towards. Noise is drawn in the order of diffusers'
`StableDiffusionUpscalePipeline`: for the image, for the latents, for each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers import DDPMScheduler
from numpy.typing import NDArray

from inference.samplers.base import Check, Sampler
from inference.samplers.blocks.chain import Chain
from inference.samplers.blocks.decoding import decoded
from inference.samplers.blocks.solvers import DDIM
from inference.samplers.padding import as_batch, padded
from inference.samplers.sd_x4.network import Networks
from inference.samplers.sd_x4.settings import LatentUpscalerSettings
from inference.samplers.seeds import generators, noise
from inference.samplers.settings import SamplerSettings
from inference.samplers.tiling import tiled


@dataclass(frozen=True)
class Context:
    """The low-resolution image (1, 3, h, w) in [-1, 1], padded from ``height`` and ``width``."""

    image: torch.Tensor
    height: int
    width: int
    settings: LatentUpscalerSettings


class LatentUpscaler(Sampler):
    """Draws by DDIM; config: "autoencoder", "unet", "prompt" (its shape), "schedule", "low_res_schedule"."""

    Settings = LatentUpscalerSettings

    @staticmethod
    def build(config: dict[str, Any]) -> Networks:
        networks = Networks(config)
        if networks.factor != config["scale"]:
            raise ValueError(f"the first stage enlarges by {networks.factor}, not by {config['scale']}")
        return networks

    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Context:
        """Mirrored at the right and lower edge to a size that the U-Net can halve."""
        assert isinstance(settings, LatentUpscalerSettings)
        multiple = 2 ** (len(self.networks.unet.config.block_out_channels) - 1)
        image = as_batch(padded(low_res, multiple), self.device) * 2 - 1
        return Context(image, low_res.shape[0], low_res.shape[1], settings)

    def draw_passes(self, context: Context, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        sources, settings = generators(noise_seeds), context.settings
        size = context.image.shape[2:]
        level = torch.full((len(sources),), settings.noise_level, device=self.device)
        cascade = DDPMScheduler(**self.config["low_res_schedule"])
        image = context.image.expand(len(sources), -1, -1, -1)
        image = cascade.add_noise(image, noise(sources, image.shape[1:], self.device), level)
        shape = (self.networks.autoencoder.config.latent_channels, *size)
        state = noise(sources, shape, self.device)
        chain = Chain(self.config, settings.steps, DDIM, settings.eta)
        for place, time in enumerate(chain.times):
            check()
            clean = chain.clean(self._predicted(state, time, image, level), state, time)
            fresh = noise(sources, shape, self.device) if settings.eta else torch.zeros_like(state)
            state = chain.step(clean, state, place, fresh)
        check()
        images = decoded(self.networks.decode, state, self.tile, self.overlap, self.scale)
        pictures: NDArray[np.float32] = ((images.float() + 1) / 2).permute(0, 2, 3, 1).cpu().numpy()
        return pictures[:, None, : context.height * self.scale, : context.width * self.scale]

    def _predicted(self, state: torch.Tensor, time: int, image: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        """One evaluation of the U-Net, in joint windows over a large image."""
        return tiled(
            lambda part, beside: self.networks.predict(part, time, beside, level),
            (state, image),
            self.tile,
            self.overlap,
        )
