"""The generator: its switches, what it leaves out to sample, and which sizes it takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import inference.samplers.lddpm
from inference.core.degradation import upscale
from inference.samplers.lddpm.network import LatentFeatureNetworks
from tests.inference.samplers.tiny import lddpm_config

OFF = {"use_attention": False, "use_cvae": False, "use_glow": False}


def networks(**changes) -> LatentFeatureNetworks:
    torch.manual_seed(0)
    return LatentFeatureNetworks(lddpm_config(**changes)).eval()


def answers(found: LatentFeatureNetworks, low: torch.Tensor, code: float = 0.0) -> torch.Tensor:
    """The clean details for fixed noise."""
    dice = torch.Generator().manual_seed(0)
    cells = low.shape[2] * found.scale // found.patch
    with torch.no_grad():
        condition = found.condition(low)
        state = torch.randn(condition.base.shape, generator=dice)
        codes = torch.randn(len(low), found.code_channels, cells, cells, generator=dice) + code
        return found.predict(state, torch.full((len(low),), 2), codes, condition)


@pytest.mark.parametrize(
    ("switch", "parts"),
    [
        ("use_attention", ["attention"]),
        ("use_cvae", ["decoder", "encoder", "modulation"]),
        ("use_glow", ["glow"]),
    ],
)
def test_a_switch_adds_its_parts_and_changes_pictures(switch, parts):
    bare, more = networks(**OFF), networks(**{**OFF, switch: True})
    added = {name.partition(".")[0] for name in set(more.state_dict()) - set(bare.state_dict())}
    assert sorted(added) == parts
    more.load_state_dict(bare.state_dict(), strict=False)
    low = torch.rand(2, 1, 8, 8) * 2 - 1
    assert (answers(more, low) - answers(bare, low)).abs().max() > 1e-4


def test_only_with_the_cvae_does_the_code_matter():
    low = torch.rand(1, 1, 8, 8) * 2 - 1
    for found, matters in ((networks(), True), (networks(use_cvae=False), False)):
        assert torch.equal(answers(found, low), answers(found, low, code=1.0)) is not matters


def test_the_low_resolution_image_reaches_the_middle_by_attention():
    """With all other ways shut, keys and values still tell images apart."""
    found = networks()
    low = torch.rand(2, 1, 8, 8) * 2 - 1
    with torch.no_grad():
        torch.nn.init.zeros_(found.told.weight)
        condition = found.condition(low)
        same = condition._replace(base=torch.zeros_like(condition.base), tokens=torch.zeros_like(condition.tokens))
        state, code = torch.zeros_like(condition.base), torch.zeros(2, 1, 8, 8)
        first, second = found.predict(state, torch.zeros(2), code, same)
    assert (first - second).abs().max() > 1e-5


@pytest.mark.parametrize(("scale", "side"), [(4, 8), (8, 4), (8, 6)])
def test_scales_are_configuration(scale, side):
    found = networks(scale=scale)
    clean = found.to_pixels(answers(found, torch.zeros(1, 1, side, side)))
    assert clean.shape == (1, 1, scale * side, scale * side)


def test_details_and_images_are_two_views_of_the_same():
    found, images, base = networks(residual=0.25), torch.rand(3, 16, 2, 2) * 2 - 1, torch.rand(3, 16, 2, 2)
    assert torch.allclose(found.images(found.details(images, base), base), images, atol=1e-6)
    assert torch.allclose(found.details(base + 0.25, base), torch.ones(1))


def test_without_details_an_image_is_what_the_encoder_adds_to_the_bicubic_enlargement():
    """The enlargement alone, where the encoder's answer is silenced: `core.degradation.upscale`, but for the border."""
    found = networks()
    with torch.no_grad():
        found.low_res.outlet.weight.zero_()
        found.low_res.outlet.bias.zero_()
        low = torch.rand(1, 1, 12, 12)
        base = found.to_pixels(found.condition(low * 2 - 1).base)[0, 0].numpy() / 2 + 0.5
    wanted = upscale(low[0, 0, :, :, None].numpy(), 4)[..., 0]
    assert np.abs(base - wanted)[8:-8, 8:-8].max() < 1e-4


def test_the_encoder_reads_a_code_of_the_size_that_the_generator_takes():
    mean, log_variance = networks().posterior(torch.randn(1, 16, 8, 12))
    assert mean.shape == log_variance.shape == (1, 1, 8, 12)


@pytest.mark.parametrize("name", ["digits", "photos"])
def test_weights_of_the_sizes_that_ship_stay_below_12_megabytes(name):
    sizes = json.loads((Path(inference.samplers.lddpm.__file__).parent / f"{name}.json").read_text())
    found = LatentFeatureNetworks(lddpm_config(channels=3 if name == "photos" else 1, **sizes))
    assert 2 * sum(value.numel() for value in found.state_dict().values()) < 12e6
