"""The recipes of ``resshift``: a few steps with tiny networks on digits from fonts."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from inference import samplers
from inference.core.weights import WeightsError, sha256_of
from inference.training import log, loops, phases, resshift, train
from inference.training.fonts import font_digits
from inference.training.loops import Progress
from inference.training.pictures import source
from tests.inference.samplers import tiny

SHOWN = ("micro_batch", "tile", "overlap", "schedule")


@pytest.fixture(autouse=True)
def tiny_networks(tmp_path, monkeypatch) -> None:
    """Sizes of the tiny sampler, its autoencoder as the first stage, and six steps."""
    config = tiny.resshift_config()
    sizes = {key: config[key] for key in SHOWN}
    sizes["unet"] = {key: config["unet"][key] for key in ("channels", "blocks", "size", "swin")}
    (tmp_path / "digits.json").write_text(json.dumps(sizes))
    monkeypatch.setattr(resshift, "SIZES", tmp_path)
    tensors = tiny.resshift().networks.state_dict()
    first = {key: value for key, value in tensors.items() if key.startswith("autoencoder.")}
    stored = {key: config[key] for key in ("autoencoder", "latent")}
    monkeypatch.setattr(resshift, "first_stage", lambda recipe, folder: (stored, first))
    plan = replace(resshift.PLANS["digits"], batch=4, steps=6)
    monkeypatch.setitem(resshift.PLANS, "digits", plan)


@pytest.fixture
def digits(tmp_path) -> Path:
    images, labels = font_digits(40)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    return tmp_path / "digits.npz"


def run(tmp_path: Path, digits: Path, name: str = "own", **options) -> Path:
    return train("resshift", "digits", output=tmp_path / "weights", name=name, data=digits, device="cpu", **options)


def test_it_writes_weights_that_load_and_draw(tmp_path, digits):
    path = run(tmp_path, digits)
    sampler = samplers.load("resshift", "own", folders=[tmp_path / "weights"])
    assert (sampler.scale, sampler.channels, sampler.weights_sha256) == (4, 1, sha256_of(path))
    drawn = sampler.sample(np.full((7, 7, 1), 0.5, np.float32), [0, 1])
    assert drawn.shape == (2, 28, 28, 1)
    card = path.with_suffix(".md").read_text()
    assert "unet 4 x 4, unet-ending 2 x 4" in card
    assert "4 steps, kappa 2, p 0.3" in card


def test_the_losses_on_the_way_are_kept_beside_the_weights(tmp_path, digits, monkeypatch):
    monkeypatch.setattr(loops, "SHOW_EVERY", 2)
    rows = list(csv.DictReader(run(tmp_path, digits).with_suffix(".csv").open()))
    shown = [(row["stage"], row["step"]) for row in rows]
    assert shown == [("unet", "2"), ("unet", "4"), ("unet-ending", "2")]
    assert {row["figure"] for row in rows} == {"loss"}
    assert all(0 < float(row["value"]) < 100 for row in rows)


def test_a_log_has_each_step_once_after_an_interruption(tmp_path):
    for step, loss in ((2, 0.5), (4, 0.4), (4, 0.3), (6, 0.2)):
        log.note(tmp_path / "run", "unet", step, 1.0, {"loss": loss})
    log.keep(tmp_path / "run", tmp_path / "own.safetensors")
    rows = list(csv.DictReader((tmp_path / "own.csv").open()))
    assert [(row["step"], row["value"]) for row in rows] == [("2", "0.5"), ("4", "0.3"), ("6", "0.2")]


def test_the_first_stage_stays_as_it_was(tmp_path, digits):
    before = tiny.resshift().networks.state_dict()
    after = load_file(run(tmp_path, digits))
    frozen = [key for key in before if key.startswith("autoencoder.")]
    assert frozen
    assert all(torch.equal(after[key], before[key].half()) for key in frozen)
    assert not torch.equal(after["unet.inlet.weight"], before["unet.inlet.weight"].half())


def test_the_same_seed_gives_the_same_file(tmp_path, digits):
    assert sha256_of(run(tmp_path, digits, "one")) == sha256_of(run(tmp_path, digits, "other"))


def test_the_loss_is_the_squared_error_of_the_guessed_clean_latent(tmp_path, digits, monkeypatch):
    """Section 3.1 of the paper, unweighted: a network that always says 0 is wrong by the latent itself."""
    losses = []

    def one_loss(stage, network, loss_of, folder, resume):
        torch.nn.init.zeros_(network.outlet.weight)
        torch.nn.init.zeros_(network.outlet.bias)
        losses.append(loss_of(0, torch.Generator().manual_seed(7)).item())
        return network, Progress(1, 0.0)

    monkeypatch.setattr(phases, "run_stage", one_loss)
    run(tmp_path, digits)
    images = source("digits", digits, "cpu").batch(4, torch.Generator().manual_seed(7)).high * 2 - 1
    with torch.no_grad():
        expected = tiny.resshift().networks.encode(images).square().mean().item()
    assert losses[0] == pytest.approx(expected, rel=0.02)


def test_a_recipe_of_residuals_measures_their_spread_and_starts_at_a_loss_of_one(tmp_path, digits, monkeypatch):
    sizes = json.loads((tmp_path / "digits.json").read_text())
    sizes["schedule"]["prediction_type"] = "residual"
    (tmp_path / "digits.json").write_text(json.dumps(sizes))
    losses = []

    def first_losses(stage, network, loss_of, folder, resume):
        torch.nn.init.zeros_(network.outlet.weight)
        torch.nn.init.zeros_(network.outlet.bias)
        if stage.name == "unet":
            losses.extend(loss_of(step, torch.Generator().manual_seed(step)).item() for step in range(20))
        return network, Progress(1, 0.0)

    monkeypatch.setattr(phases, "run_stage", first_losses)
    path = run(tmp_path, digits)
    pair = source("digits", digits, "cpu").batch(100, torch.Generator().manual_seed(1))
    networks = tiny.resshift().networks
    with torch.no_grad():
        apart = (networks.encode(pair.high * 2 - 1) - networks.shifted(pair.low * 2 - 1)).square().mean().sqrt().item()
    stored = json.loads(path.with_suffix(".json").read_text())["schedule"]
    assert stored["residual"] == pytest.approx(apart, rel=0.1)
    assert np.mean(losses) == pytest.approx(1, abs=0.25)


def test_both_recipes_fit_their_first_stages():
    """Networks of what ships: at most 6 million parameters, 12 MB in float16."""
    shipped = Path(samplers.__file__).parents[1] / "weights"
    sizes = Path(samplers.__file__).parent / "resshift"
    for recipe, first, channels in (("digits", "ldm/digits", 1), ("photos", "autoencoder/photos", 3)):
        stored = json.loads((shipped / f"{first}.json").read_text())
        config = {**json.loads((sizes / f"{recipe}.json").read_text()), "scale": 4}
        latent = stored["autoencoder"]["latent_channels"]
        config["unet"] |= {"in_channels": latent + channels, "out_channels": latent}
        config |= {key: stored[key] for key in ("autoencoder", "latent")}
        with torch.device("meta"):
            networks = resshift.LatentShifting(config)
        assert sum(value.numel() for value in networks.parameters()) <= 6e6


def test_a_missing_first_stage_is_said(tmp_path, digits, monkeypatch):
    def missing(recipe, folder):
        raise WeightsError("There are no weights ldm/digits: train or import them, or choose others.")

    monkeypatch.setattr(resshift, "first_stage", missing)
    with pytest.raises(WeightsError, match="ldm/digits"):
        run(tmp_path, digits)
