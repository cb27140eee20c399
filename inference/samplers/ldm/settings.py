"""What can be chosen when latent diffusion draws; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

from inference.samplers.blocks.solvers import DDIM, SDE
from inference.samplers.settings import SamplerSettings, setting


@dataclass(frozen=True)
class LatentDiffusionSettings(SamplerSettings):
    """Settings of `LatentDiffusionSampler`. The original demonstration uses DDIM with 100 steps and eta 1."""

    steps: int = setting(20, low=1, high=500, help="Denoising steps; fewer are closer to the input and less varied.")
    solver: str = setting(DDIM, choices=(DDIM, SDE), help="DDIM, or the stochastic DPM-Solver++ for few steps.")
    eta: float = setting(
        1.0, low=0.0, high=1.0, help="Fresh noise in each DDIM step: 1 as in DDPM, 0 none (the start alone varies)."
    )
    mosaic: bool = setting(
        False, help="Repeat a tiny image to fill the network's window: one pass then gives many samples."
    )
