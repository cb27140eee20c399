"""Latent diffusion as a sampler: noise in the latent of a VQ autoencoder, denoised beside the low-resolution image.

Rombach et al., CVPR 2022; the sampler behind "Trustworthy SR". DDIM: Song et al., ICLR 2021, equation 12 and 16.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler
from numpy.typing import NDArray
from safetensors.torch import load_file

from inference.core.weights import WeightsError, WeightsFile
from inference.samplers.base import Check, Sampler, generators, noise
from inference.samplers.ldm import mosaic
from inference.samplers.ldm.network import Networks
from inference.samplers.ldm.settings import SDE, LatentDiffusionSettings
from inference.samplers.settings import SamplerSettings

DDIM_ONLY = ("set_alpha_to_one", "clip_sample")


@dataclass(frozen=True)
class Context:
    """One image and how it is to be drawn: the condition (1, C, h, w) in [-1, 1], padded or repeated."""

    condition: torch.Tensor
    height: int
    width: int
    copies: tuple[int, int]
    settings: LatentDiffusionSettings


class LatentDiffusionSampler(Sampler):
    """Draws by DDIM or the stochastic DPM-Solver++; takes finished networks and the config stored beside them."""

    Settings = LatentDiffusionSettings

    def __init__(self, networks: Networks, config: dict[str, Any], device: str = "cpu", sha256: str = "") -> None:
        self.networks = networks.to(device).eval().requires_grad_(False)
        self.schedule: dict[str, Any] = config["schedule"]
        self.scale, self.channels = config["scale"], config["channels"]
        self.micro_batch, self.window = config["micro_batch"], config["window"]
        self.device, self.weights_sha256 = torch.device(device), sha256

    @classmethod
    def load(cls, file: WeightsFile, device: str) -> LatentDiffusionSampler:
        """Build the networks of the config and fill them; every tensor must be there and none be left over."""
        try:
            networks = Networks(file.config)
            tensors = {name: tensor.float() for name, tensor in load_file(file.path).items()}
            networks.load_state_dict(tensors, strict=True)
            return cls(networks, file.config, device, file.sha256)
        except KeyError as error:
            raise WeightsError(f"The config of the weights {file.path} lacks the entry {error}.") from None
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"The weights {file.path} do not fit the network of their config: {reason}") from error

    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Context:
        """The condition: mirrored at the right and lower edge to a size that the U-Net can halve, or repeated."""
        assert isinstance(settings, LatentDiffusionSettings)
        height, width = low_res.shape[:2]
        if settings.mosaic:
            copies, field = mosaic.copies(height, width, self.window), mosaic.fill(low_res, self.window)
        else:
            copies, field = (1, 1), self._padded(low_res)
        condition = torch.from_numpy(field).permute(2, 0, 1).unsqueeze(0) * 2 - 1
        return Context(condition.contiguous().to(self.device), height, width, copies, settings)

    def tiles(self, context: Context) -> int:
        return context.copies[0] * context.copies[1]

    def batch_size(self, context: Context) -> int:
        """The weights' micro-batch, less for images larger than those the U-Net was trained on."""
        area = context.condition.shape[2] * context.condition.shape[3]
        return max(1, min(self.micro_batch, self.micro_batch * self.networks.unet.config.sample_size**2 // area))

    @torch.inference_mode()
    def draw_passes(self, context: Context, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        sources = generators(noise_seeds)
        condition = context.condition.expand(len(sources), -1, -1, -1)
        shape = (self.networks.autoencoder.config.latent_channels, *condition.shape[2:])
        scheduler, options = self._scheduler(context.settings)
        state = noise(sources, shape, self.device)
        for step in scheduler.timesteps:
            check()
            guess = self.networks.predict(state, step, condition)
            fresh = noise(sources, shape, self.device)
            state = scheduler.step(guess, step, state, variance_noise=fresh, **options).prev_sample
        check()
        return self._pictures(context, self.networks.decode(state))

    def _scheduler(self, settings: LatentDiffusionSettings) -> tuple[Any, dict[str, Any]]:
        """A fresh scheduler, since diffusers' keep the state of one run, and what its steps take besides noise."""
        if settings.solver == SDE:
            common = {name: value for name, value in self.schedule.items() if name not in DDIM_ONLY}
            scheduler, options = DPMSolverMultistepScheduler(**common, algorithm_type=SDE), {}
        else:
            scheduler, options = DDIMScheduler(**self.schedule), {"eta": settings.eta}
        scheduler.set_timesteps(settings.steps)
        return scheduler, options

    def _padded(self, low_res: NDArray[np.float32]) -> NDArray[np.float32]:
        multiple = 2 ** (len(self.networks.unet.config.block_out_channels) - 1)
        height, width = low_res.shape[:2]
        return np.pad(low_res, ((0, -height % multiple), (0, -width % multiple), (0, 0)), mode="symmetric")

    def _pictures(self, context: Context, decoded: torch.Tensor) -> NDArray[np.float32]:
        """Decoded windows (B, C, H, W) in [-1, 1] as (B, tiles, h * scale, w * scale, C) in [0, 1]."""
        pictures = (decoded.permute(0, 2, 3, 1).float().cpu().numpy() + 1) / 2
        height, width = context.height * self.scale, context.width * self.scale
        return np.stack([mosaic.cut(picture, *context.copies, height, width) for picture in pictures])
