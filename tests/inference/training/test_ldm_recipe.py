"""The recipes of `ldm`, a few steps with tiny networks on digits from fonts and on coloured noise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from PIL import Image
from safetensors.torch import load_file

from inference import samplers
from inference.core import weights
from inference.core.weights import WeightsError, sha256_of
from inference.samplers.health import Health
from inference.training import autoencoder, ldm, loops, train, vq
from inference.training.codebook import cluster
from inference.training.degrade import lower_resolution
from inference.training.fonts import font_digits
from inference.training.losses import spread_steps
from inference.training.pictures import source
from tests.inference.samplers.tiny import LDM_CONFIG

FEW = replace(
    ldm.RECIPES["digits"],
    steps=6,
    batch=6,
    wide_every=3,
    vq=vq.FirstStage(steps=6, share=0.25, batch=4, rate=1e-3, plain_steps=2),
)


@pytest.fixture(autouse=True)
def tiny_networks(tmp_path, monkeypatch) -> None:
    sizes = tmp_path / "sizes"
    sizes.mkdir()
    (sizes / "digits.json").write_text(json.dumps({key: LDM_CONFIG[key] for key in ("autoencoder", "unet")}))
    (sizes / "photos.json").write_text(json.dumps({"unet": LDM_CONFIG["unet"]}))
    monkeypatch.setattr(ldm, "SIZES", sizes)
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "nothing ships")
    monkeypatch.setattr(Health, "fault", lambda *_: "")
    x8, photos = (replace(ldm.RECIPES[name], steps=6, batch=6) for name in ("digits_x8", "photos"))
    monkeypatch.setattr(ldm, "RECIPES", {"digits": FEW, "digits_x8": x8, "photos": replace(photos, wide_every=2)})


@pytest.fixture
def digits(tmp_path) -> Path:
    images, labels = font_digits(40)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    return tmp_path / "digits.npz"


@pytest.fixture
def photos(tmp_path) -> Path:
    folder, random = tmp_path / "photos", np.random.default_rng(0)
    folder.mkdir()
    for place in range(11):
        Image.fromarray(random.integers(0, 256, (150, 140, 3), np.uint8)).save(folder / f"{place:02d}.png")
    return folder


def trained(data: Path, output: Path, recipe: str = "digits", name: str = "x", **options) -> Path:
    return train("ldm", recipe, output=output, name=name, data=data, device="cpu", **options)


def test_it_writes_weights_that_load_and_draw(tmp_path, digits):
    path = trained(digits, tmp_path / "weights", name="own")
    sampler = samplers.load("ldm", "own", folders=[tmp_path / "weights"])
    assert sampler.weights_sha256 == sha256_of(path)
    drawn = sampler.sample(np.full((7, 7, 1), 0.5, np.float32), [0, 1], sampler.Settings(steps=2))
    assert drawn.shape == (2, 28, 28, 1)
    card = path.with_suffix(".md").read_text()
    assert "autoencoder 6 x 4, unet 4 x 6, unet-ending 2 x 6" in card
    assert "Not measured yet" in card
    assert sorted(file.name for file in path.parent.iterdir()) == ["own.csv", "own.json", "own.md", "own.safetensors"]


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path, digits, monkeypatch):
    first, again = (trained(digits, tmp_path / name) for name in "ab")
    monkeypatch.setitem(ldm.RECIPES, "digits", replace(FEW, seed=2))
    assert sha256_of(first) == sha256_of(again) != sha256_of(trained(digits, tmp_path / "c"))


@pytest.mark.parametrize(("module", "loss"), [(vq, "autoencoding"), (ldm, "velocity")], ids=["autoencoder", "U-Net"])
def test_a_resumed_run_ends_like_an_uninterrupted_one(tmp_path, digits, monkeypatch, module, loss):
    whole = trained(digits, tmp_path / "whole")
    monkeypatch.setattr(loops, "SAVE_EVERY", 0.0)
    real, calls = getattr(module, loss), []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, loss, interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained(digits, tmp_path / "resumed")
    assert not (tmp_path / "resumed" / "ldm" / "x.safetensors").exists()
    steps = []
    monkeypatch.setattr(module, loss, lambda *args, **options: steps.append(1) or real(*args, **options))
    resumed = trained(digits, tmp_path / "resumed", resume=True)
    assert len(steps) == 2  # steps 5 and 6: the first four were not repeated
    assert sha256_of(resumed) == sha256_of(whole)


def test_time_bounds_a_run(tmp_path, digits, monkeypatch):
    monkeypatch.setitem(ldm.RECIPES, "digits", replace(FEW, steps=10**6))
    assert trained(digits, tmp_path, minutes=0.02).is_file()


def test_x8_goes_on_from_the_digits_of_x4(tmp_path, digits, monkeypatch):
    first = load_file(trained(digits, tmp_path, name="digits"))
    monkeypatch.setitem(ldm.RECIPES, "digits_x8", replace(ldm.RECIPES["digits_x8"], rate=0.0))
    path = trained(digits, tmp_path, "digits_x8", "hard")
    same = load_file(path)
    assert all(torch.equal(first[key], same[key]) for key in first)  # at a rate of 0: where it starts
    sampler = samplers.load("ldm", path)
    assert (sampler.scale, sampler.sample(np.zeros((4, 4, 1), np.float32), [0]).shape) == (8, (1, 32, 32, 1))


def test_x8_needs_the_digits_of_x4(tmp_path, digits):
    with pytest.raises(WeightsError, match="no weights ldm/digits"):
        trained(digits, tmp_path, "digits_x8")


def test_digits_for_x8_are_not_varied(digits):
    """4 x 4 pixels say nothing of how a digit was varied."""
    pictures = source("digits_x8", digits, "cpu")
    pair = pictures.batch(30, torch.Generator().manual_seed(0))
    known = {image.numpy().tobytes() for image in torch.nn.functional.pad(pictures.digits.images, [2] * 4)}
    assert all((image * 255).round().byte().numpy().tobytes() in known for image in pair.high)
    assert torch.equal(pair.low, lower_resolution(pair.high, torch.zeros(30, dtype=torch.bool), 8))


def test_photographs_get_a_unet_on_the_shared_first_stage(tmp_path, photos, monkeypatch):
    small = {"width": 8, "encoder_blocks": 1, "decoder_blocks": 1, "latent_channels": 5}
    monkeypatch.setattr(autoencoder, "NETWORK", {**autoencoder.NETWORK, **small})
    monkeypatch.setattr(autoencoder, "STEPS", 2)
    shared = load_file(
        train("autoencoder", "photos", output=tmp_path / "weights", name="photos", data=photos, device="cpu")
    )
    path = trained(photos, tmp_path / "weights", "photos", "own")
    stored = load_file(path)
    assert all(torch.equal(tensor, stored[key]) for key, tensor in shared.items())
    sampler = samplers.load("ldm", path)
    assert sampler.networks.unet.config.in_channels == 5 + 3
    assert sampler.sample(np.zeros((9, 8, 3), np.float32), [0], sampler.Settings(steps=1)).shape == (1, 36, 32, 3)


def test_some_batches_show_larger_crops(photos):
    pair = ldm.wide_batch(source("photos", photos, "cpu"), 16, torch.Generator().manual_seed(0))
    assert pair.high.shape == (4, 3, 128, 128)
    assert pair.low.shape == (4, 3, 32, 32)


def test_the_command(tmp_path, digits, capsys):
    call_command("train", "ldm", "digits", data=digits, output=tmp_path / "weights", device="cpu")
    assert "digits-own.safetensors" in capsys.readouterr().out
    assert (tmp_path / "weights" / "ldm" / "digits-own.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (("ldm", "faces"), {}, "no recipe ldm faces"),
        (("ldm", "digits"), {"minutes": 0.0}, "above 0"),
        (("ldm", "digits"), {"data": Path("nowhere.npz")}, "no training data at nowhere.npz"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("train", *arguments, **options)


def test_an_unknown_recipe_is_refused_before_torch_matters(tmp_path):
    with pytest.raises(ValueError, match=r"choose one of .*ldm digits"):
        train("ldm", "nothing", output=tmp_path, name="x")


def test_clusters_are_the_means_of_their_members():
    random = torch.Generator().manual_seed(0)
    places = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    vectors = places.repeat(100, 1) + 0.1 * torch.randn(300, 2, generator=random)
    centres = cluster(vectors, 3, random)
    assert torch.cdist(places, centres).min(dim=1).values.max() < 0.1


def test_time_steps_are_spread_over_all_slices():
    steps = spread_steps(100, torch.Generator().manual_seed(0), 1000)
    assert sorted(step // 10 for step in steps.tolist()) == list(range(100))
