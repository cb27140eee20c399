"""The chain of states between noise and picture, walked back in many or few steps: for all families but `resshift`,
whose chain ends elsewhere, and `lddpm`, whose steps are too large to be Gaussian.

DDIM: Song et al., ICLR 2021, equations 12 and 16; with eta 1 and all steps it is the ancestral sampling of DDPM, which
is also algorithm 2 of SRDiff. Not by diffusers' scheduler: where the steps do not divide T, that one takes another
time for the next one than the one it then visits, which leaves noise in the picture, and its times may end at -1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

from inference.samplers.blocks.solvers import DDIM

LEVELS = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas")


def schedule(config: dict[str, Any]) -> DDIMScheduler:
    """The noise levels of training, from the entry "schedule" of a config; for adding noise."""
    return DDIMScheduler(**config["schedule"])


class Chain:
    """One walk. ``times`` are the time steps that are visited, downwards and evenly spread.

    config: its "schedule" has the arguments of diffusers' `DDIMScheduler`; its "timestep_spacing" is "trailing", from
        T - 1, where none is named. With "set_alpha_to_one" false the last step keeps the noise of the first level
    solver: "ddim", or the name of a stochastic algorithm of diffusers' DPM-Solver++; eta: of DDIM
    percent: how much of the walk is done; less than 100 begins with a state that is only so much noise
    """

    def __init__(self, config: dict[str, Any], steps: int, solver: str, eta: float, percent: int = 100) -> None:
        levels = schedule(config)
        self.kind, self.eta = levels.config.prediction_type, eta
        self.kept = (1 - levels.betas.double()).cumprod(0)  # the share of variance that is still picture
        self.end = self.kept[0] if not levels.config.set_alpha_to_one else torch.ones(())
        total = int(levels.config.num_train_timesteps)
        spacing = config["schedule"].get("timestep_spacing", "trailing")
        times = visited(min(steps, total), total, spacing, levels.config.steps_offset)
        self.times = [time for time in times if time < total * percent / 100] or times[-1:]
        self.whole = len(self.times) == len(times)
        self._solver = None
        if solver != DDIM:
            known = {name: levels.config[name] for name in LEVELS}
            self._solver = DPMSolverMultistepScheduler(**known, prediction_type="sample", algorithm_type=solver)
            self._solver.set_timesteps(timesteps=times)
            self._solver.set_begin_index(len(times) - len(self.times))

    def begin(self, noise: torch.Tensor, clean: torch.Tensor | None) -> torch.Tensor:
        """The first state: noise alone, or a clean one with noise where the walk begins on the way."""
        if clean is None or self.whole:
            return noise
        kept = self.kept[self.times[0]]
        return float(kept.sqrt()) * clean + float((1 - kept).sqrt()) * noise

    def clean(self, prediction: torch.Tensor, state: torch.Tensor, time: int) -> torch.Tensor:
        """The clean state that a prediction means: of the noise, of v (Salimans and Ho 2022), or of itself."""
        kept = self.kept[time]
        picture, noise = float(kept.sqrt()), float((1 - kept).sqrt())
        if self.kind == "epsilon":
            return (state - noise * prediction) / picture
        return picture * state - noise * prediction if self.kind == "v_prediction" else prediction

    def step(self, clean: torch.Tensor, state: torch.Tensor, place: int, fresh: torch.Tensor) -> torch.Tensor:
        """The state after the one at ``times[place]``, given what that one's clean state was taken for."""
        if self._solver is not None:
            return self._solver.step(clean, self.times[place], state, variance_noise=fresh).prev_sample
        last = place + 1 == len(self.times)
        now, then = self.kept[self.times[place]], self.end if last else self.kept[self.times[place + 1]]
        sigma = self.eta * ((1 - then) / (1 - now) * (1 - now / then)).sqrt()
        noise = (state - float(now.sqrt()) * clean) / float((1 - now).sqrt())
        ahead = float((1 - then - sigma**2).clamp(min=0).sqrt()) * noise
        return float(then.sqrt()) * clean + ahead + float(sigma) * fresh


def visited(steps: int, total: int, spacing: str, offset: int) -> list[int]:
    """``steps`` of the times 0 ... total - 1, downwards; diffusers' own wherever the steps divide ``total``.

    spacing: "trailing" begins at the last time, "leading" ends ``offset`` above the first where the steps are large
        enough, "linspace" does both
    """
    if spacing == "trailing":
        times = np.round(np.arange(total, 0, -total / steps))[:steps] - 1
    elif spacing == "leading":
        times = np.arange(steps)[::-1] * total // steps + min(offset, total // steps - 1)
    else:
        times = np.linspace(0, total - 1, steps).round()[::-1]
    return times.astype(int).tolist()
