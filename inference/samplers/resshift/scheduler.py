"""The chain of ResShift: from the high-resolution image to the low-resolution one, and back.

Yue, Wang, Loy, "ResShift: Efficient Diffusion Model for Image Super-resolution by Residual Shifting", NeurIPS 2023.
No stock scheduler fits, since the mean moves towards the low-resolution image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.schedulers.scheduling_utils import SchedulerMixin, SchedulerOutput
from numpy.typing import NDArray

from inference.samplers.settings import SettingsError


@dataclass
class ResShiftStep(SchedulerOutput):
    """One step back: the state ``prev_sample``, and the clean image that was guessed."""

    pred_original_sample: torch.Tensor


class ResShiftScheduler(SchedulerMixin, ConfigMixin):
    """States x_t ~ N(x_0 + eta_t (y - x_0), kappa^2 eta_t), t = 0 ... T - 1 (section 3.1, equation 2).

    num_train_timesteps: T; kappa: strength of the noise; power: p, the speed of the shift
    min_noise_level: kappa sqrt(eta) of the first state where kappa >= 1
    end: sqrt(eta) of the last state; the official programs put 0.99 on the root, where the paper has eta_T = 0.999
    latent: whether states are latents of unit variance or images in [-1, 1], for the scaling of the input
    """

    order = 1

    @register_to_config
    def __init__(
        self,
        num_train_timesteps: int = 15,
        kappa: float = 2.0,
        power: float = 0.3,
        min_noise_level: float = 0.04,
        end: float = 0.99,
        latent: bool = True,
    ) -> None:
        self.roots = shifting_roots(num_train_timesteps, kappa, power, min_noise_level, end)
        self.set_timesteps(num_train_timesteps)

    def set_timesteps(self, count: int) -> None:
        """Take ``count`` of the trained steps, the first and the last among them; SettingsError for too many."""
        total = len(self.roots)
        if not 1 <= count <= total:
            raise SettingsError(f"These weights were trained with {total} steps, so {count} cannot be taken.")
        chosen = np.linspace(total - 1, 0, count).round().astype(int)
        self.timesteps = torch.from_numpy(chosen)
        self._before = dict(zip(chosen.tolist(), [*chosen[1:].tolist(), None], strict=True))

    def prior(self, shifted: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """The state to start from, y + kappa sqrt(eta_T) noise."""
        return shifted + self.config.kappa * float(self.roots[-1]) * noise

    def add_noise(
        self, clean: torch.Tensor, shifted: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor
    ) -> torch.Tensor:
        """The states (B, ...) at ``timesteps`` (B,) between ``clean`` x_0 and ``shifted`` y (equation 2)."""
        root = self._roots(timesteps, clean)
        return clean + root.square() * (shifted - clean) + self.config.kappa * root * noise

    def scale_model_input(self, sample: torch.Tensor, timestep: int | torch.Tensor) -> torch.Tensor:
        """States brought to about unit variance (latents) or into [-1, 1] (images within three deviations)."""
        root = self._roots(torch.as_tensor(timestep, device=sample.device), sample)
        if self.config.latent:
            return sample / (1 + (self.config.kappa * root).square()).sqrt()
        return sample / (1 + 3 * self.config.kappa * root)

    def step(
        self,
        model_output: torch.Tensor,
        timestep: int | torch.Tensor,
        sample: torch.Tensor,
        variance_noise: torch.Tensor | None = None,
    ) -> ResShiftStep:
        """One step back by the posterior (equation 7), given the guess ``model_output`` of x_0.

        variance_noise: standard normal, shaped like the state; not used by the last step, which returns the guess
        """
        now = int(timestep)
        before = self._before[now]
        if before is None:
            return ResShiftStep(prev_sample=model_output, pred_original_sample=model_output)
        assert variance_noise is not None, "every step but the last one adds noise"
        eta, previous = float(self.roots[now]) ** 2, float(self.roots[before]) ** 2
        share = previous / eta
        deviation = self.config.kappa * (share * (eta - previous)) ** 0.5
        state = share * sample + (1 - share) * model_output + deviation * variance_noise
        return ResShiftStep(prev_sample=state, pred_original_sample=model_output)

    def __len__(self) -> int:
        return len(self.roots)

    def _roots(self, timesteps: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """sqrt(eta) of the time steps (B,) or () in float32, shaped to multiply images."""
        values = torch.from_numpy(self.roots).float().to(like.device)[timesteps]
        return values.reshape(-1, *[1] * (like.ndim - 1))


def chain(config: dict[str, Any]) -> ResShiftScheduler:
    """A scheduler, at all of its steps, for weights with this config: their "schedule", in their space."""
    return ResShiftScheduler(**config["schedule"], latent="autoencoder" in config)


def shifting_roots(steps: int, kappa: float, power: float, minimum: float, end: float) -> NDArray[np.float64]:
    """sqrt(eta_1) ... sqrt(eta_T): a geometric series whose exponent grows with the given power (equations 10, 11)."""
    first = min(minimum / kappa, minimum)
    return first * (end / first) ** (np.linspace(0, 1, steps) ** power)
