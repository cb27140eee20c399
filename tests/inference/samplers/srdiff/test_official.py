"""Official checkpoints of SRDiff: names, sizes, schedule, units, and the same outputs as an independent reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.core.weights import WeightsError
from inference.samplers.blocks.chain import schedule
from inference.samplers.srdiff.network import Networks
from inference.samplers.srdiff.official import convert
from inference.samplers.srdiff.sampler import SRDiffSampler
from inference.samplers.srdiff.settings import SRDiffSettings
from tests.inference.samplers.srdiff.reference import (
    CELEBA_X8,
    DF2K_X4,
    DF2K_X4_LARGE,
    Reference,
    Sizes,
    published_betas,
    random_tensors,
)

VARIETY = {
    "x4, every third feature and the trunk": Sizes(),
    "x8": Sizes(scale=8, multipliers=(1, 2, 2, 4), blocks=3),
    "another growth, fewer levels": Sizes(width=8, multipliers=(1, 3), blocks=2, growth=6),
}


def converted(sizes: Sizes) -> tuple[Networks, Reference]:
    tensors = random_tensors(sizes)
    config, ours = convert(tensors)
    networks = Networks(config).eval()
    networks.load_state_dict(ours, strict=True)
    return networks, Reference(tensors, sizes)


@pytest.mark.parametrize("name", VARIETY)
@torch.no_grad()
def test_outputs_are_those_of_the_reference(name):
    """Within 1e-5 in float32, for the encoder's features and guess and for the predicted noise."""
    sizes, source = VARIETY[name], torch.Generator().manual_seed(1)
    networks, reference = converted(sizes)
    low = torch.rand(2, 3, 4, 6, generator=source)
    state = torch.randn(2, 3, 4 * sizes.scale, 6 * sizes.scale, generator=source)
    steps = torch.tensor([0, 87])
    found, expected = networks.features(low), reference.features(low * 2 - 1)
    assert len(found) == len(expected) == sizes.blocks + 1
    assert all(torch.allclose(mine, theirs, atol=1e-5) for mine, theirs in zip(found, expected, strict=True))
    assert torch.allclose(networks.encoder.guess(found[-1]), reference.guess(expected[-1]), atol=1e-5)
    noise = networks.unet(state, steps, networks.condition(found))
    assert torch.allclose(noise, reference.noise(state, steps, expected), atol=1e-5)


@pytest.mark.parametrize(
    ("sizes", "unet", "encoder"),
    [(CELEBA_X8, 10.546, 1.488), (DF2K_X4, 11.755, 1.479), (DF2K_X4_LARGE, 12.935, 12.381)],
)
def test_the_published_sizes_are_read_from_the_shapes(sizes, unet, encoder):
    """Millions of parameters, counted in the official networks; the paper says 12 M for both."""
    config, tensors = convert(random_tensors(sizes, "meta"))
    assert config["scale"] == sizes.scale
    assert config["encoder"] == {"width": sizes.features, "blocks": sizes.blocks, "growth": sizes.growth}
    assert config["unet"] == {"width": 64, "multipliers": list(sizes.multipliers)}
    counts = dict.fromkeys(("unet", "encoder"), 0)
    for key, tensor in tensors.items():
        counts[key.partition(".")[0]] += tensor.numel()
    assert counts["unet"] / 1e6 == pytest.approx(unet, abs=5e-4)
    assert counts["encoder"] / 1e6 == pytest.approx(encoder, abs=5e-4)


def test_the_schedule_is_the_published_one():
    config, _ = convert(random_tensors(Sizes()))
    assert "trained_betas" not in config["schedule"]
    betas = schedule(config).betas.double()
    assert float((betas - published_betas()).abs().max()) < 3e-8


def test_bare_networks_get_the_published_schedule():
    tensors = random_tensors(Sizes())
    config, _ = convert({key: tensor for key, tensor in tensors.items() if key.startswith(("denoise_fn.", "rrdb."))})
    assert config["schedule"] == convert(tensors)[0]["schedule"]


def test_other_betas_are_kept():
    tensors = {**random_tensors(Sizes()), "betas": torch.linspace(1e-4, 0.02, 100)}
    config, _ = convert(tensors)
    assert np.allclose(schedule(config).betas, tensors["betas"])


def test_residuals_are_to_an_enlargement_of_8_bits_divided_by_256():
    """The official programs divide the 8-bit image by 256 before they enlarge it, and by 255 everywhere else."""
    networks, _ = converted(Sizes())
    white = torch.ones(1, 3, 4, 4)
    assert torch.allclose(networks.base(white), torch.full((1, 3, 16, 16), 2 * 255 / 256 - 1))
    residual = networks.residual(torch.ones(1, 3, 16, 16), networks.base(white))
    assert torch.allclose(residual, torch.full_like(residual, 2 * 2 / 256))
    assert float(networks.residual(torch.full((1, 3, 16, 16), -1.0), networks.base(white)).max()) == -1  # cut


def test_a_converted_checkpoint_draws():
    config, tensors = convert(random_tensors(Sizes()))
    networks = Networks(config)
    networks.load_state_dict(tensors)
    low = np.random.default_rng(0).random((5, 6, 3), np.float32)
    drawn = SRDiffSampler(networks, config).sample(low, [0], SRDiffSettings(steps=2))
    assert drawn.shape == (1, 20, 24, 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"denoise_fn.mid_attn.fn.g": torch.zeros(1)}, "1 tensors have no place .* denoise_fn.mid_attn.fn.g"),
        ({"rrdb.upconv1.bias": None}, "1 tensors are missing, such as that for encoder.enlarging.0.bias"),
        ({"rrdb.conv_first.weight": None}, "rrdb.conv_first.weight is missing"),
    ],
)
def test_what_does_not_fit_is_named(change, words):
    tensors = {**random_tensors(Sizes()), **change}
    with pytest.raises(WeightsError, match=words):
        convert({key: tensor for key, tensor in tensors.items() if tensor is not None})
