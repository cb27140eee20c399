"""The recipes of ``srdiff``, a few steps with tiny networks: what they write, and what they teach."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from inference import samplers
from inference.samplers.srdiff.network import Networks
from inference.training import loops, srdiff, train
from inference.training.data import Pair
from inference.training.fonts import font_digits
from inference.training.pictures import source
from inference.training.srdiff import PLANS, guess_loss, joint_loss
from tests.inference.samplers.tiny import srdiff_config


@pytest.fixture(autouse=True)
def few_steps(tmp_path, monkeypatch) -> None:
    """Tiny sizes and five steps per stage."""
    own = ("scale", "channels", "size", "sampler")
    sizes = {key: value for key, value in srdiff_config().items() if key not in own}
    for recipe in ("digits", "photos"):
        (tmp_path / f"{recipe}.json").write_text(json.dumps(sizes))
    monkeypatch.setattr(srdiff, "SIZES", tmp_path)
    few = {name: replace(plan, batches=(4, 4), steps=(5, 5)) for name, plan in PLANS.items()}
    monkeypatch.setattr(srdiff, "PLANS", few)


@pytest.fixture
def digits(tmp_path) -> Path:
    images, labels = font_digits(40)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    return tmp_path / "digits.npz"


def test_it_writes_weights_that_load_and_draw(tmp_path, digits):
    path = train("srdiff", "digits", output=tmp_path / "weights", name="own", data=digits, device="cpu")
    sampler = samplers.load("srdiff", "own", folders=[tmp_path / "weights"])
    drawn = sampler.sample(np.full((7, 7, 1), 0.5, np.float32), [0, 1], sampler.Settings(steps=2))
    assert drawn.shape == (2, 28, 28, 1)
    assert (sampler.scale, sampler.channels, sampler.config["size"]) == (4, 1, 8)
    card = path.with_suffix(".md").read_text()
    assert "encoder 5 x 4, networks 4 x 4, networks-ending 2 x 4" in card
    assert "v-prediction" in card


@pytest.mark.parametrize("part", ["guess_loss", "joint_loss"])
def test_a_resumed_run_ends_like_an_uninterrupted_one(tmp_path, digits, monkeypatch, part):
    pictures = source("digits", digits, "cpu")

    def run(folder: Path, resume: bool = False) -> dict[str, torch.Tensor]:
        trained = srdiff.train_networks("digits", pictures, folder, seconds=None, device="cpu", resume=resume)
        return trained.networks.state_dict()

    whole = run(tmp_path / "whole")
    monkeypatch.setattr(loops, "SAVE_EVERY", 0.0)
    real, calls = getattr(srdiff, part), []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(srdiff, part, interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "resumed")
    resumed = run(tmp_path / "resumed", resume=True)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def pair_of(count: int = 4) -> Pair:
    high = torch.rand(count, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    return Pair(high, torch.nn.functional.avg_pool2d(high, 4), torch.zeros(count))


def test_a_network_that_knows_v_has_no_loss_but_the_encoders(monkeypatch):
    """v = sqrt(abar) noise - sqrt(1 - abar) residual (Salimans and Ho 2022, section 4), from diffusers."""
    config, pair = srdiff_config(), pair_of()
    networks = Networks(config)
    clean = networks.residual(pair.high * 2 - 1, networks.base(pair.low))
    stock = DDIMScheduler(100, beta_schedule="squaredcos_cap_v2")

    def perfect(state: torch.Tensor, steps: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        kept = stock.alphas_cumprod[steps].reshape(-1, 1, 1, 1)
        noise = (state - kept.sqrt() * clean) / (1 - kept).sqrt()
        return stock.get_velocity(clean, noise, steps)

    monkeypatch.setattr(networks.unet, "forward", perfect)
    loss = joint_loss(networks, config, pair, torch.Generator().manual_seed(1))
    expected = srdiff.GUESS * guess_loss(networks, pair, networks.features(pair.low))
    assert torch.allclose(loss, expected, atol=1e-4)


def test_both_losses_reach_the_encoder():
    config, pair = srdiff_config(), pair_of()
    networks = Networks(config)
    joint_loss(networks, config, pair, torch.Generator().manual_seed(1)).backward()
    trained = {name for name, value in networks.named_parameters() if value.grad is not None and value.grad.any()}
    assert {"encoder.last.weight", "encoder.first.weight", "unet.project.weight", "unet.last.2.weight"} <= trained


def test_an_encoder_whose_guess_is_refined_is_trained_first_and_then_left_alone(tmp_path, digits, monkeypatch):
    sizes = json.loads((tmp_path / "digits.json").read_text())
    refined = {**sizes, "residual": {**sizes["residual"], "to": "guess"}}
    (tmp_path / "digits.json").write_text(json.dumps(refined))
    pictures, seen = source("digits", digits, "cpu"), []
    real = srdiff.joint_loss
    monkeypatch.setattr(
        srdiff, "joint_loss", lambda *given: seen.append(given[0].encoder.last.weight.clone()) or real(*given)
    )
    trained = srdiff.train_networks("digits", pictures, tmp_path / "run", seconds=None, device="cpu", resume=False)
    torch.manual_seed(srdiff.SEED)
    start = Networks(trained.config).state_dict()
    final = trained.networks.state_dict()
    assert not torch.equal(start["encoder.last.weight"], final["encoder.last.weight"])
    assert all(torch.equal(weight, final["encoder.last.weight"]) for weight in seen)
    assert not torch.equal(start["unet.last.2.weight"], final["unet.last.2.weight"])
    assert "the encoder's own enlargement" in trained.about


@pytest.mark.parametrize("recipe", ["digits", "photos"])
def test_what_ships_is_small_enough(recipe, monkeypatch):
    """At most 12 MB in float16."""
    sizes = json.loads((Path(samplers.__file__).parent / "srdiff" / f"{recipe}.json").read_text())
    config = {**sizes, "scale": 4, "channels": 3}
    assert 2 * sum(value.numel() for value in Networks(config).parameters()) < 12e6
