"""The chain of the denoising diffusion GAN: few large steps, whose posterior given the clean image is still normal.

Xiao, Kreis, Vahdat, "Tackling the Generative Learning Trilemma with Denoising Diffusion GANs", ICLR 2022, section 3
and appendix B; the variance-preserving process of Song et al., ICLR 2021, appendix C.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from diffusers import ConfigMixin, SchedulerMixin
from diffusers.configuration_utils import register_to_config
from diffusers.utils import BaseOutput
from numpy.typing import NDArray

EARLIEST = 1e-3  # time of the clean image: keeps the first step's variance above 0


@dataclass
class DenoisingGANOutput(BaseOutput):
    """prev_sample: the state one step nearer to the clean image; pred_original_sample: the clean image it assumed."""

    prev_sample: torch.Tensor
    pred_original_sample: torch.Tensor


class DenoisingGANScheduler(SchedulerMixin, ConfigMixin):
    """States 0 (clean) to T (noise); the network at time step t goes from state t + 1 to state t.

    num_train_timesteps: T; beta_min, beta_max: of the continuous process over the time from 0 to 1
    """

    order = 1

    @register_to_config
    def __init__(
        self,
        num_train_timesteps: int = 4,
        beta_min: float = 0.1,
        beta_max: float = 20.0,
    ) -> None:
        self.betas = betas(num_train_timesteps, beta_min, beta_max)
        kept = np.concatenate([[1.0], np.cumprod(1 - self.betas)])
        self.alphas_cumprod = torch.from_numpy(kept)  # of the states 0 to T, float64
        self.timesteps = torch.arange(num_train_timesteps - 1, -1, -1)

    def add_noise(self, clean: torch.Tensor, noise: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """q(x_t | x_0): the states (B,) from 0 to T of clean images (B, ...)."""
        kept = self._at(self.alphas_cumprod, states, clean)
        return kept.sqrt() * clean + (1 - kept).sqrt() * noise

    def pair(
        self, clean: torch.Tensor, timesteps: torch.Tensor, first: torch.Tensor, second: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """q(x_t, x_t+1 | x_0) with two independent noises: what the discriminator sees of real images."""
        nearer = self.add_noise(clean, first, timesteps)
        beta = self._at(torch.from_numpy(self.betas), timesteps, clean)
        return nearer, (1 - beta).sqrt() * nearer + beta.sqrt() * second

    def posterior(
        self, clean: torch.Tensor, state: torch.Tensor, timesteps: torch.Tensor, noise: torch.Tensor
    ) -> torch.Tensor:
        """q(x_t | x_t+1, x_0), normal: Ho et al. 2020, equation 7. At t = 0 it is the clean image itself."""
        beta = self._at(torch.from_numpy(self.betas), timesteps, state)
        before = self._at(self.alphas_cumprod, timesteps, state)
        after = self._at(self.alphas_cumprod, timesteps + 1, state)
        mean = beta * before.sqrt() / (1 - after) * clean + (1 - before) * (1 - beta).sqrt() / (1 - after) * state
        return mean + (beta * (1 - before) / (1 - after)).sqrt() * noise

    def step(
        self,
        model_output: torch.Tensor,
        timestep: int | torch.Tensor,
        sample: torch.Tensor,
        variance_noise: torch.Tensor,
    ) -> DenoisingGANOutput:
        """One step of the chain: from state t + 1 to t, given what the network takes for the clean image."""
        steps = torch.as_tensor(timestep, device=sample.device).expand(len(sample))
        return DenoisingGANOutput(self.posterior(model_output, sample, steps, variance_noise), model_output)

    @staticmethod
    def _at(table: torch.Tensor, places: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """Entries (B, 1, 1, 1) of a table, in the type and on the device of images."""
        return table[places.cpu()].to(like).reshape(-1, *[1] * (like.dim() - 1))


def betas(steps: int, beta_min: float, beta_max: float) -> NDArray[np.float64]:
    """Variances (T,) of the steps into states 1 to T (DDGAN, appendix B.1)."""
    time = EARLIEST + (1 - EARLIEST) * np.arange(steps + 1) / steps
    kept = np.exp(-0.5 * time**2 * (beta_max - beta_min) - time * beta_min)
    return 1 - kept[1:] / kept[:-1]
