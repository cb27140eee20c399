"""What can be chosen when LDDPM draws; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

from inference.samplers.settings import SamplerSettings


@dataclass(frozen=True)
class LatentFeatureSettings(SamplerSettings):
    """Settings of `LatentFeatureSampler`: those of every family. The few steps of the chain are part of the weights."""
