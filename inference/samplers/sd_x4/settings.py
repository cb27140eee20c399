"""What can be chosen when a latent upscaler draws; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

from inference.samplers.settings import SamplerSettings, setting


@dataclass(frozen=True)
class LatentUpscalerSettings(SamplerSettings):
    """Settings of `LatentUpscaler`; the defaults are those of diffusers' pipeline, but for the number of steps."""

    steps: int = setting(50, low=1, high=500, help="Denoising steps; the original pipeline takes 75.")
    noise_level: int = setting(
        20, low=0, high=350, help="Noise put on the low-resolution image: more lets the network invent more."
    )
    eta: float = setting(
        0.0,
        low=0.0,
        high=1.0,
        help="Fresh noise in each step: 0 none (the start and the noise on the image vary), 1 as in DDPM.",
    )
