"""What can be chosen when SRDiff draws; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from inference.samplers.blocks.solvers import DDIM, SDE
from inference.samplers.mixtures import FUSION, INTERPOLATION
from inference.samplers.settings import SamplerSettings, setting


@dataclass(frozen=True)
class SRDiffSettings(SamplerSettings):
    """Settings of `SRDiffSampler`. The paper draws with as many steps as it was trained with, 100, and eta 1."""

    MIXTURES: ClassVar[tuple[str, ...]] = (INTERPOLATION, FUSION)

    steps: int = setting(20, low=1, high=100, help="Denoising steps; fewer are closer to the input and less varied.")
    solver: str = setting(DDIM, choices=(DDIM, SDE), help="DDIM, or the stochastic DPM-Solver++ for few steps.")
    eta: float = setting(
        1.0, low=0.0, high=1.0, help="Fresh noise in each DDIM step: 1 as in DDPM, 0 none (the start alone varies)."
    )
