"""What can be chosen when ResShift draws; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

from inference.samplers.settings import SamplerSettings, setting


@dataclass(frozen=True)
class ResShiftSettings(SamplerSettings):
    """Settings of `ResShiftSampler`. Noise strength and shifting speed are trained into the weights."""

    steps: int = setting(
        0, low=0, high=1000, help="Denoising steps, at most those of the training; 0 takes all. Fewer vary less."
    )
