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
    prediction_type: what the network says: "sample", the clean state, as published; "residual", ours, what the best
        linear guess of the clean state leaves open, on unit scale (Karras et al., NeurIPS 2022, section 5, for this
        chain). A small network then need not learn to copy the shifted image and what the noise has spared
    residual: standard deviation of x_0 - y, needed for "residual" only
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
        prediction_type: str = "sample",
        residual: float = 1.0,
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

    def scale_model_input(
        self, sample: torch.Tensor, timestep: int | torch.Tensor, shifted: torch.Tensor
    ) -> torch.Tensor:
        """What the network sees of states: of about unit variance (latents) or in [-1, 1] within three deviations.

        For "residual" it is their distance from ``shifted``, of unit variance.
        """
        root = self._roots(torch.as_tensor(timestep, device=sample.device), sample)
        if self.config.prediction_type == "residual":
            return (sample - shifted) / self._deviation(root)
        if self.config.latent:
            return sample / (1 + (self.config.kappa * root).square()).sqrt()
        return sample / (1 + 3 * self.config.kappa * root)

    def clean(
        self, model_output: torch.Tensor, timestep: int | torch.Tensor, sample: torch.Tensor, shifted: torch.Tensor
    ) -> torch.Tensor:
        """The clean states that the network means, given what it was shown."""
        if self.config.prediction_type == "sample":
            return model_output
        guess, unit = self._guess(timestep, sample, shifted)
        return guess + unit * model_output

    def target(
        self, clean: torch.Tensor, timestep: torch.Tensor, sample: torch.Tensor, shifted: torch.Tensor
    ) -> torch.Tensor:
        """What the network is to say of ``sample``: the inverse of `clean`."""
        if self.config.prediction_type == "sample":
            return clean
        guess, unit = self._guess(timestep, sample, shifted)
        return (clean - guess) / unit

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

    def _guess(
        self, timestep: int | torch.Tensor, sample: torch.Tensor, shifted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The best linear guess of clean states from their states, and the standard deviation of its error.

        For a residual r ~ N(0, residual^2), of which the state tells (1 - eta) r + kappa sqrt(eta) noise.
        """
        root = self._roots(torch.as_tensor(timestep, device=sample.device), sample)
        spread, whole = self.config.residual, self._deviation(root)
        share = (1 - root.square()) * (spread / whole).square()
        return shifted + share * (sample - shifted), spread * self.config.kappa * root / whole

    def _deviation(self, root: torch.Tensor) -> torch.Tensor:
        """Standard deviation of x_t - y."""
        kept = (1 - root.square()) * self.config.residual
        return (kept.square() + (self.config.kappa * root).square()).sqrt()

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
