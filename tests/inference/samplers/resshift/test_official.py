"""Official checkpoints of ResShift: names, sizes, schedules, and the same outputs as an independent reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.core.weights import WeightsError
from inference.samplers.resshift.network import networks
from inference.samplers.resshift.official import convert, options, sizes
from inference.samplers.resshift.sampler import ResShiftSampler
from tests.inference.samplers.ldm.official_networks import VQ, randomise
from tests.inference.samplers.resshift.reference import OFFICIAL, Reference, Sizes, random_tensors

VARIETY = {
    "shifted windows of 8 pixels": Sizes(),
    "three levels": Sizes(channels=(32, 32, 64), blocks=1, window=4),
    "one window": Sizes(image=8, channels=(64, 32), width=64, heads=4, ratio=1),
    "a window larger than the states": Sizes(image=4, window=8, depth=3),
}


@pytest.fixture(scope="module")
def first_stage() -> VQ:
    return randomise(VQ(32, [1, 2, 2], 1, 16), seed=3)


@pytest.mark.parametrize("name", VARIETY)
def test_outputs_are_those_of_the_reference(name, first_stage):
    """Within 1e-5 in float32, on states of the size that the network is built for and on wider ones."""
    wanted = VARIETY[name]
    tensors = random_tensors(wanted)
    config, converted = convert(tensors, first_stage.state_dict())
    ours = networks(config).eval()
    ours.load_state_dict(converted, strict=True)
    source = torch.Generator().manual_seed(1)
    steps = torch.tensor([0, 14])
    for width in (wanted.image, 2 * wanted.image):
        state, condition = torch.randn(2, 2, 3, wanted.image, width, generator=source)
        expected = Reference(tensors, wanted)(torch.cat([state, condition], dim=1), steps)
        with torch.no_grad():
            assert torch.allclose(ours.predict(state, steps, condition), expected, atol=1e-5)


def test_the_autoencoder_is_the_official_one(first_stage):
    config, converted = convert(random_tensors(Sizes()), first_stage.state_dict())
    ours = networks(config).eval()
    ours.load_state_dict(converted, strict=True)
    images = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        latents = ours.encode(images)
        assert torch.allclose(latents, first_stage.encode(images), atol=1e-5)
        assert torch.allclose(ours.decode(latents), first_stage.decode(latents), atol=1e-5)


def test_the_published_layout_is_recognised():
    """564 tensors, 118.593583 M parameters, and the sizes of realsr_swinunet_realesrgan256 and bicx4_swinunet_lpips."""
    tensors = random_tensors(OFFICIAL, "meta")
    buffers = ("relative_position_index", "attn_mask")
    assert len(tensors) == 564
    assert sum(value.numel() for key, value in tensors.items() if not key.endswith(buffers)) == 118_593_583
    assert sizes(tensors) == {
        "in_channels": 6,
        "out_channels": 3,
        "channels": [160, 320, 320, 640],
        "blocks": 2,
        "size": 64,
        "swin": {"width": 192, "heads": 6, "window": 8, "depth": 2, "mlp_ratio": 4},
    }
    assert sizes({key: value for key, value in tensors.items() if not key.endswith(buffers)})["size"] == 64


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("resshift_realsrx4_s15_v1.pth", {"steps": 15}),
        ("resshift_realsrx4_s4_v3.pth", {"steps": 4}),
        ("resshift_bicsrx4_s4.pth", {"steps": 4}),
        ("mine_s40.pth", {}),
    ],
)
def test_the_name_of_a_published_file_tells_the_schedule(name, found):
    assert options(name) == found


def test_both_schedules(first_stage):
    few, _ = convert(random_tensors(Sizes()), first_stage.state_dict())
    many, _ = convert(random_tensors(Sizes()), first_stage.state_dict(), steps=15)
    common = {"kappa": 2.0, "power": 0.3}
    assert few["schedule"] == {**common, "num_train_timesteps": 4, "min_noise_level": 0.2}
    assert many["schedule"] == {**common, "num_train_timesteps": 15, "min_noise_level": 0.04}
    with pytest.raises(WeightsError, match="15 or 4 steps"):
        convert(random_tensors(Sizes()), first_stage.state_dict(), steps=50)


def test_what_was_converted_draws(first_stage):
    config, converted = convert(random_tensors(Sizes()), first_stage.state_dict())
    ours = ResShiftSampler.build(config)
    ours.load_state_dict(converted, strict=True)
    sampler = ResShiftSampler(ours, {**config, "precision": "float32"})
    assert sampler.sample(np.full((7, 7, 3), 0.5, np.float32), [0], sampler.Settings(steps=1)).shape == (1, 28, 28, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("out.2.bias"), "outlet.bias"),
        (lambda tensors: tensors.pop("out.2.weight"), "out.2.weight is missing"),
        (lambda tensors: tensors.pop("middle_block.1.blocks.1.attn.qkv.weight"), "middle.swin.blocks.1.attention.qkv"),
        (lambda tensors: tensors.update({"feature_extractor.0.weight": torch.ones(1)}), "feature_extractor.0.weight"),
        (lambda tensors: tensors.pop("input_blocks.2.0.in_layers.2.weight"), "have no place"),
        (lambda tensors: tensors.clear(), "number of residual blocks"),
    ],
    ids=["missing", "missing size", "missing in attention", "of a face model", "missing block", "empty"],
)
def test_what_does_not_fit_is_named(change, message, first_stage):
    tensors = random_tensors(Sizes())
    change(tensors)
    with pytest.raises(WeightsError, match=message):
        convert(tensors, first_stage.state_dict())
