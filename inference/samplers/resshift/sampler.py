"""ResShift as a sampler: from a noisy low-resolution image to a high-resolution one in a few steps.

Yue et al., NeurIPS 2023: the chain begins at the low-resolution image and noise, not at noise alone, and shifts the
residual between both images away (section 3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference.samplers.base import Check, Sampler
from inference.samplers.blocks.decoding import SIDE, decoded
from inference.samplers.padding import as_batch, padded
from inference.samplers.resshift.network import LatentShifting, networks
from inference.samplers.resshift.scheduler import ResShiftScheduler, chain
from inference.samplers.resshift.settings import ResShiftSettings
from inference.samplers.seeds import generators, noise
from inference.samplers.settings import SamplerSettings
from inference.samplers.tiling import tiled


@dataclass(frozen=True)
class Context:
    """One image of ``height`` x ``width`` pixels and its chain.

    shifted: what the chain begins at without its noise, a state (1, c, H, W); condition: (1, C, H, W) in [-1, 1]
    """

    shifted: torch.Tensor
    condition: torch.Tensor
    height: int
    width: int
    scheduler: ResShiftScheduler


class ResShiftSampler(Sampler):
    """Draws in the latent space of the weights' autoencoder, or in pixels where they have none."""

    Settings = ResShiftSettings

    @staticmethod
    def build(config: dict[str, Any]) -> nn.Module:
        return networks(config)

    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Context:
        """The image, mirrored at its edges to what the windows of all levels divide, enlarged and encoded once."""
        assert isinstance(settings, ResShiftSettings)
        scheduler = chain(self.config)
        scheduler.set_timesteps(settings.steps or len(scheduler))
        height, width = low_res.shape[:2]
        multiple = self.networks.unet.multiple
        image = padded(low_res, multiple // math.gcd(multiple, self._states_per_pixel))
        low = as_batch(image, self.device) * 2 - 1
        window = min(self.tile, SIDE)  # the encoder's attention needs as much memory as the decoder's
        shifted = tiled(self.networks.shifted, [low], window, min(self.overlap, window // 4), self._states_per_pixel)
        return Context(shifted, self.networks.condition(low), height, width, scheduler)

    def batch_size(self, context: Context) -> int:
        """The weights' micro-batch, less for images larger than those the network was trained on."""
        trained, area = self.networks.unet.size**2, context.shifted.shape[2] * context.shifted.shape[3]
        return max(1, min(self.micro_batch, self.micro_batch * trained // area))

    def draw_passes(self, context: Context, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        sources, scheduler = generators(noise_seeds), context.scheduler
        condition = context.condition.expand(len(sources), -1, -1, -1)
        shape = tuple(context.shifted.shape[1:])
        state = scheduler.prior(context.shifted, noise(sources, shape, self.device))
        last = scheduler.timesteps[-1]
        for step in scheduler.timesteps:
            check()
            guess = self._guess(context, state, step, condition)
            fresh = None if step == last else noise(sources, shape, self.device)
            state = scheduler.step(guess, step, state, fresh).prev_sample
        check()
        return self._pictures(context, state)

    def _guess(
        self, context: Context, state: torch.Tensor, step: torch.Tensor, condition: torch.Tensor
    ) -> torch.Tensor:
        """The clean states, from windows of the whole noise where the image is large; pixels are kept in range."""
        steps, scheduler, shifted = step.to(self.device).expand(len(state)), context.scheduler, context.shifted

        def predict(states: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
            return self.networks.predict(states, steps, conditions).float()

        shown = scheduler.scale_model_input(state, step, shifted)
        said = tiled(predict, [shown, condition], self._window, self.overlap * self._states_per_pixel)
        guess = scheduler.clean(said, step, state, shifted)
        return guess if isinstance(self.networks, LatentShifting) else guess.clamp(-1, 1)

    def _pictures(self, context: Context, state: torch.Tensor) -> NDArray[np.float32]:
        """States decoded to (B, 1, h * scale, w * scale, C) in about [0, 1]."""
        overlap = self.overlap * self._states_per_pixel
        images = decoded(self.networks.decode, state, self._window, overlap, self.networks.factor)
        height, width = context.height * self.scale, context.width * self.scale
        pictures = (images[:, None, :, :height, :width].permute(0, 1, 3, 4, 2).float() + 1) / 2
        return pictures.cpu().numpy()

    @property
    def _states_per_pixel(self) -> int:
        """Along a side of the low-resolution image: 1 for an autoencoder with f = 4 and a scale of 4."""
        return self.scale // self.networks.factor

    @property
    def _window(self) -> int:
        """Of states, per side."""
        return self.tile * self._states_per_pixel
