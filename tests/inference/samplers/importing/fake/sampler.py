"""A family as small as can be, with official checkpoints: each low-resolution pixel becomes a square of new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference.samplers.base import Check, Sampler
from inference.samplers.seeds import generators, noise
from inference.samplers.settings import SamplerSettings


class FakeSettings(SamplerSettings):
    pass


class Enlarger(nn.Module):
    def __init__(self, channels: int, factor: int) -> None:
        super().__init__()
        self.squares = nn.Conv2d(channels, channels * factor**2, 1)
        self.shuffle = nn.PixelShuffle(factor)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.shuffle(self.squares(images))


class FakeSampler(Sampler):
    Settings = FakeSettings

    @staticmethod
    def build(config: dict[str, Any]) -> nn.Module:
        return Enlarger(config["channels"], config["factor"])

    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> torch.Tensor:
        return self.networks(torch.from_numpy(low_res).permute(2, 0, 1)[None])

    def draw_passes(self, context: torch.Tensor, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        check()
        fresh = noise(generators(noise_seeds), tuple(context.shape[1:]), self.device)
        return (context + 0.01 * fresh).permute(0, 2, 3, 1)[:, None].numpy()
