"""The test picture: passable weights pass, others do not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data, metrics, transform

from inference.core.weights import WeightsError, manifest
from inference.samplers import load
from inference.samplers.importing.smoke import MARGIN, smoke, truth
from tests.inference.samplers.importing.fake.family import state_dict
from tests.inference.samplers.importing.fake.official import convert
from tests.inference.samplers.importing.fake.sampler import FakeSampler


def sampler(scale: int = 4, **changed: torch.Tensor) -> FakeSampler:
    config, tensors = convert(state_dict(scale), scale=scale)
    networks = FakeSampler.build(config)
    networks.load_state_dict({**tensors, **changed})
    return FakeSampler(networks, config)


def test_the_picture_is_a_part_of_the_public_one():
    found = (truth(3) * 255).round().astype(np.uint8)
    assert np.array_equal(found, data.chelsea()[:128, 128:256])


def test_bicubic_is_about_what_another_program_has():
    """scikit-image's cubic spline after anti-aliasing by a Gaussian is no twin, but a near relation."""
    high = truth(3)
    low = transform.resize(high, (32, 32), order=3, anti_aliasing=True)
    other = metrics.peak_signal_noise_ratio(high, transform.resize(low, high.shape, order=3), data_range=1)
    assert smoke(sampler()).bicubic == pytest.approx(other, abs=1)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_repeated_pixels_pass(scale):
    result = smoke(sampler(scale))
    assert result.bicubic - MARGIN < result.sample < result.bicubic


def test_random_weights_fail():
    torch.manual_seed(0)
    with pytest.raises(WeightsError, match=r"reaches -?\d+\.\d dB where bicubic"):
        smoke(sampler(**{"squares.weight": 0.1 * torch.randn(48, 3, 1, 1)}))


def test_a_flat_picture_of_the_right_colour_fails():
    mean = torch.from_numpy(truth(3).mean(axis=(0, 1))).repeat_interleave(16)
    with pytest.raises(WeightsError, match="bicubic enlargement"):
        smoke(sampler(**{"squares.weight": torch.zeros(48, 3, 1, 1), "squares.bias": mean}))


def test_swapped_colours_fail():
    """Red for blue: what weights look like that were trained on another order of channels."""
    weight = torch.eye(3).flip(0).repeat_interleave(16, dim=0)[:, :, None, None]
    with pytest.raises(WeightsError, match="bicubic enlargement"):
        smoke(sampler(**{"squares.weight": weight}))


def test_pictures_that_are_never_finite_fail():
    with pytest.raises(WeightsError, match=r"test picture failed: .*no finite picture"):
        smoke(sampler(**{"squares.bias": torch.full((48,), torch.nan)}))


@pytest.mark.parametrize(
    "weights", [name for name in manifest() if name.endswith("/photos") and "autoencoder" not in name]
)
def test_weights_for_photographs_that_ship_pass(weights):
    """Trained samplers, not a stand-in: the margin must be wide enough for honest ones."""
    assert smoke(load(*weights.split("/")))
