"""The recipe ``ldm digits``, a few steps with tiny networks on digits from fonts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from inference import samplers
from inference.core.weights import sha256_of
from inference.training import ldm, loops, train
from inference.training.codebook import cluster
from inference.training.fonts import font_digits
from inference.training.ldm import Recipe
from inference.training.losses import spread_steps
from tests.inference.samplers.tiny import LDM_CONFIG

FEW = Recipe(
    minutes=None, autoencoder_steps=6, unet_steps=6, autoencoder_batch=4, unet_batch=6, mosaic_every=3, plain_steps=2
)


@pytest.fixture(autouse=True)
def tiny_networks(tmp_path, monkeypatch) -> None:
    sizes = tmp_path / "sizes.json"
    sizes.write_text(json.dumps({key: LDM_CONFIG[key] for key in ("autoencoder", "unet")}))
    monkeypatch.setattr(ldm, "SIZES", sizes)


@pytest.fixture
def digits(tmp_path) -> Path:
    images, labels = font_digits(40)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    return tmp_path / "digits.npz"


def test_it_writes_weights_that_load_and_draw(tmp_path, digits):
    path = ldm.train(output=tmp_path / "weights", name="own", data=digits, recipe=FEW)
    sampler = samplers.load("ldm", "own", folders=[tmp_path / "weights"])
    assert sampler.weights_sha256 == sha256_of(path)
    drawn = sampler.sample(np.full((7, 7, 1), 0.5, np.float32), [0, 1], sampler.Settings(steps=2))
    assert drawn.shape == (2, 28, 28, 1)
    card = path.with_suffix(".md").read_text()
    assert "autoencoder 6 x 4, U-Net 6 x 6" in card
    assert "Not measured yet" in card
    assert sorted(file.name for file in path.parent.iterdir()) == ["own.json", "own.md", "own.safetensors"]


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path, digits):
    first, again = (ldm.train(output=tmp_path / name, name="x", data=digits, recipe=FEW) for name in "ab")
    other = ldm.train(output=tmp_path / "c", name="x", data=digits, recipe=replace(FEW, seed=2))
    assert sha256_of(first) == sha256_of(again) != sha256_of(other)


@pytest.mark.parametrize("network", ["autoencoding", "velocity"])
def test_a_resumed_run_ends_like_an_uninterrupted_one(tmp_path, digits, monkeypatch, network):
    whole = ldm.train(output=tmp_path / "whole", name="x", data=digits, recipe=FEW)
    monkeypatch.setattr(loops, "SAVE_EVERY", 0.0)
    real, calls = getattr(ldm, network), []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(ldm, network, interrupted)
        with pytest.raises(KeyboardInterrupt):
            ldm.train(output=tmp_path / "resumed", name="x", data=digits, recipe=FEW)
    assert not (tmp_path / "resumed" / "ldm" / "x.safetensors").exists()
    steps = []
    monkeypatch.setattr(ldm, network, lambda *args, **options: steps.append(1) or real(*args, **options))
    resumed = ldm.train(output=tmp_path / "resumed", name="x", data=digits, recipe=FEW, resume=True)
    assert len(steps) == 2  # steps 5 and 6: the first four were not repeated
    assert sha256_of(resumed) == sha256_of(whole)


def test_time_bounds_a_run(tmp_path, digits):
    path = ldm.train(
        output=tmp_path, name="x", data=digits, minutes=0.02, recipe=Recipe(**{**vars(FEW), "unet_steps": 10**6})
    )
    assert path.is_file()


def test_the_command(tmp_path, digits, capsys, monkeypatch):
    monkeypatch.setattr(ldm, "Recipe", lambda: FEW)
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
    with pytest.raises(ValueError, match="choose one of ldm digits"):
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
