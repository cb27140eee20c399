"""Faulty pictures are drawn again from new noise and in all their bits, and say so; the others are left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inference.core.degradation import upscale
from inference.samplers import SamplerSettings, base
from inference.samplers.base import FAULTY_ATTEMPTS, DrawError, Sampler
from inference.samplers.health import COLOUR_CAST, NOT_FINITE
from inference.samplers.seeds import noise_seed

LOW = np.random.default_rng(0).random((8, 8, 3), np.float32) * 0.4 + 0.3


@dataclass(frozen=True)
class Plain(SamplerSettings):
    """Nothing to choose."""


class Bicubic(Sampler):
    """Draws the bicubic enlargement; ``spoil`` changes pictures of chosen noise seeds."""

    Settings = Plain

    def __init__(self, spoil: dict[int, Any], precision: str = "float32") -> None:
        super().__init__(nn.Linear(2, 2), {"scale": 4, "channels": 3, "micro_batch": 3, "precision": precision})
        self.spoil, self.precisions = spoil, []

    @staticmethod
    def build(config: dict[str, Any]) -> nn.Module:
        return nn.Linear(2, 2)

    def prepare(self, low_res: np.ndarray, settings: SamplerSettings) -> np.ndarray:
        return upscale(low_res, 4)

    def draw_passes(self, context, noise_seeds, check) -> np.ndarray:
        self.precisions.append(self.networks(torch.ones(1, 2)).dtype)
        pictures = np.stack([context] * len(noise_seeds))[:, None]
        for picture, seed in zip(pictures, noise_seeds, strict=True):
            picture += self.spoil.get(seed, np.float32(seed % 7) * 1e-3)
        return pictures


def drawn(sampler: Sampler, seeds) -> dict[int, base.Drawn]:
    return {one.seed: one for one in sampler.draw(LOW, seeds)}


def test_a_faulty_picture_is_replaced_and_says_why():
    result = drawn(Bicubic({4: 0.3}), range(6))
    assert (result[4].attempt, result[4].fault, result[4].suspect) == (1, COLOUR_CAST, False)
    assert np.abs(result[4].image.mean() - LOW.mean()) < 0.05
    assert all(result[seed].attempt == 0 and result[seed].fault == "" for seed in range(6) if seed != 4)


def test_neighbours_of_a_faulty_picture_do_not_change():
    healthy, beside = drawn(Bicubic({}), range(6)), drawn(Bicubic({4: 0.3}), range(6))
    for seed in (0, 1, 2, 3, 5):
        assert np.array_equal(healthy[seed].image, beside[seed].image)


def test_a_fault_that_stays_is_shown_as_suspect():
    everything = {noise_seed(4, attempt): 0.3 for attempt in range(9)}
    result = drawn(Bicubic(everything), [3, 4])
    assert (result[4].attempt, result[4].fault, result[4].suspect) == (FAULTY_ATTEMPTS - 1, COLOUR_CAST, True)
    assert not result[3].suspect


def test_a_picture_that_never_becomes_finite_ends_the_drawing():
    everything = {noise_seed(4, attempt): np.float32(np.nan) for attempt in range(9)}
    with pytest.raises(DrawError, match="Seed 4"):
        drawn(Bicubic(everything), [4])


@pytest.mark.skipif(not base.computes_bfloat16(torch.device("cpu")), reason="this processor has no bfloat16")
def test_redrawn_pictures_get_all_their_bits():
    sampler = Bicubic({4: np.float32(np.nan)}, "bfloat16")
    assert drawn(sampler, [3, 4])[4].fault == NOT_FINITE
    assert sampler.precisions == [torch.bfloat16, torch.float32]


@pytest.mark.parametrize(("trained", "asked"), [("float32", "auto"), ("bfloat16", "float32")])
def test_weights_and_settings_choose_the_precision(trained, asked):
    sampler = Bicubic({}, trained)
    list(sampler.draw(LOW, [0], Plain(precision=asked)))
    assert sampler.precisions == [torch.float32]
    assert sampler.arithmetic(Plain(precision=asked)) == "cpu float32"
