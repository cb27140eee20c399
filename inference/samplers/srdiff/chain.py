"""The chain of states between noise and residual, walked back in many or few steps.

Li et al., SRDiff, section 4.1 and algorithm 2: the cosine schedule of Nichol and Dhariwal with 100 steps. With eta 1
and all steps, `Chain` draws from the same distributions as the paper's algorithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

from inference.samplers.srdiff.settings import DDIM, SRDiffSettings


def schedule(config: dict[str, Any]) -> DDIMScheduler:
    """The noise levels of training, from the entry "schedule" of a config; for adding noise."""
    return DDIMScheduler(**config["schedule"])


class Chain:
    """One walk. ``times`` are the time steps that are visited, from T - 1 downwards, evenly spread.

    percent: how much of the walk is done; less than 100 begins with a state that is only so much noise
    """

    def __init__(self, config: dict[str, Any], settings: SRDiffSettings, percent: int = 100) -> None:
        levels = schedule(config)
        total = int(levels.config.num_train_timesteps)
        self.kind, self.eta = levels.config.prediction_type, settings.eta
        self.kept = (1 - levels.betas.double()).cumprod(0)  # the share of variance that is still picture
        steps = min(settings.steps, total)
        times = np.round(np.arange(total, 0, -total / steps)).astype(int) - 1
        self.times = [int(time) for time in times if time < total * percent / 100] or [int(times[-1])]
        self.whole = len(self.times) == len(times)
        self._solver = None
        if settings.solver != DDIM:
            stock = {**config["schedule"], "prediction_type": "sample", "timestep_spacing": "trailing"}
            self._solver = DPMSolverMultistepScheduler(**stock, algorithm_type=settings.solver)
            self._solver.set_timesteps(steps)
            self._solver.set_begin_index(len(times) - len(self.times))

    def begin(self, noise: torch.Tensor, clean: torch.Tensor | None) -> torch.Tensor:
        """The first state: noise alone, or clean residuals with noise where the walk begins on the way."""
        if clean is None or self.whole:
            return noise
        kept = self.kept[self.times[0]]
        return float(kept.sqrt()) * clean + float((1 - kept).sqrt()) * noise

    def clean(self, prediction: torch.Tensor, state: torch.Tensor, time: int) -> torch.Tensor:
        """The residual that a prediction means: of the noise, of v (Salimans and Ho 2022), or of itself."""
        kept = self.kept[time]
        picture, noise = float(kept.sqrt()), float((1 - kept).sqrt())
        if self.kind == "epsilon":
            return (state - noise * prediction) / picture
        return picture * state - noise * prediction if self.kind == "v_prediction" else prediction

    def step(self, clean: torch.Tensor, state: torch.Tensor, place: int, fresh: torch.Tensor) -> torch.Tensor:
        """The next state. DDIM: Song et al., ICLR 2021, equations 12 and 16.

        Not by diffusers' scheduler, which takes another time for the next one where the steps do not divide T.
        """
        if self._solver is not None:
            return self._solver.step(clean, self.times[place], state, variance_noise=fresh).prev_sample
        if place + 1 == len(self.times):
            return clean
        now, then = self.kept[self.times[place]], self.kept[self.times[place + 1]]
        sigma = self.eta * ((1 - then) / (1 - now) * (1 - now / then)).sqrt()
        noise = (state - float(now.sqrt()) * clean) / float((1 - now).sqrt())
        ahead = float((1 - then - sigma**2).clamp(min=0).sqrt()) * noise
        return float(then.sqrt()) * clean + ahead + float(sigma) * fresh
