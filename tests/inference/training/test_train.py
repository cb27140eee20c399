"""``manage.py train``: what is refused before an hour is spent, and which run --resume goes on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command
from torch import nn

from inference.core import weights
from inference.core.weights import WeightsError, sha256_of
from inference.training import TrainingError, adversarial, lddpm, loops, reader, train
from inference.training.checkpoints import begin
from inference.training.denoising_gan import Game
from inference.training.loops import Stage, run_stage
from tests.inference.training.conftest import write_digits

pytestmark = pytest.mark.usefixtures("tiny_lddpm")


def trained(data: Path, output: Path, **options) -> Path:
    return train("lddpm", "digits", **{"output": output, "name": "own", "device": "cpu", "data": data} | options)


def interrupted(monkeypatch, place: object, name: str, data: Path, output: Path) -> None:
    """A run that is broken off in its third step of what ``place.name`` does."""
    real, calls = getattr(place, name), []

    def stopping(*given, **more):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(place, name, stopping)
        with pytest.raises(KeyboardInterrupt):
            trained(data, output)


# names


@pytest.mark.parametrize("name", ["two words", "../own", "a/b", "", ".own", "x" * 101, "own.safetensors"])
def test_a_name_that_cannot_be_used_is_refused_before_data_are_read(tmp_path, name):
    with pytest.raises(WeightsError, match="is not a name of weights"):
        trained(tmp_path / "nowhere.npz", tmp_path / "weights", name=name)
    assert not (tmp_path / "weights").exists()


def test_a_name_that_ships_is_refused_where_it_would_be_hidden(tmp_path):
    with pytest.raises(WeightsError, match="There are weights lddpm/digits already: choose another name"):
        trained(tmp_path / "nowhere.npz", tmp_path / "weights", name="digits")


def test_a_name_that_ships_is_for_what_ships(tmp_path, digits, monkeypatch):
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "weights")
    path = trained(digits, tmp_path / "weights")
    assert trained(digits, tmp_path / "weights") == path
    with pytest.raises(WeightsError, match="lddpm/own already"):
        trained(digits, tmp_path / "others")


def test_all_names_of_the_readers_are_looked_at(tmp_path, digits, monkeypatch):
    (tmp_path / "shipped" / "reader").mkdir(parents=True)
    (tmp_path / "shipped" / "reader" / "own-x8.safetensors").touch()
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(reader, "STEPS", {"high": 1, "low": 1, "x8": 1})
    with pytest.raises(WeightsError, match="reader/own-x8 already"):
        train("reader", "digits", output=tmp_path / "weights", name="own", data=digits, device="cpu")
    assert not (tmp_path / "weights").exists()


def test_a_device_that_is_not_there_is_said(tmp_path, digits):
    with pytest.raises(CommandError, match="gpu0"):
        call_command("train", "lddpm", "digits", data=digits, output=tmp_path / "weights", device="gpu0")


# the card


def test_the_card_has_the_command_as_it_was_typed(tmp_path, digits, data_dir):
    call_command("train", "lddpm", "digits", data=digits, device="cpu", minutes=5.0)
    card = (data_dir / "weights" / "lddpm" / "digits-own.md").read_text()
    assert (
        f"| `python manage.py train lddpm digits --name digits-own --minutes 5 --data {digits} --device cpu` |" in card
    )
    assert "| licence of the data | ask whoever made them |" in card
    call_command("train", "lddpm", "digits", data=digits, name="b", output=tmp_path / "out")
    card = (tmp_path / "out" / "lddpm" / "b.md").read_text()
    assert f"| `python manage.py train lddpm digits --name b --data {digits} --output {tmp_path / 'out'}` |" in card


# resuming


def test_two_runs_are_never_mixed(tmp_path, digits, monkeypatch):
    """One broken off in its second stage, another begun anew and broken off in its first, which is then resumed."""
    monkeypatch.setattr(loops, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(adversarial, "SAVE_EVERY", 0.0)
    whole = trained(digits, tmp_path / "whole")
    others = write_digits(tmp_path / "others.npz", seed=1)
    interrupted(monkeypatch, Game, "play", others, tmp_path / "weights")
    interrupted(monkeypatch, lddpm.LatentFeatureNetworks, "estimate", digits, tmp_path / "weights")
    assert sha256_of(trained(digits, tmp_path / "weights", resume=True)) == sha256_of(whole)
    assert not (tmp_path / "weights" / "lddpm" / "own.training").exists()


def test_a_run_on_other_data_is_not_resumed(tmp_path, digits, monkeypatch):
    interrupted(monkeypatch, Game, "play", digits, tmp_path / "weights")
    others = write_digits(tmp_path / "others.npz", seed=1)
    with pytest.raises(TrainingError, match=r"own\.training is of a run with another data: resume that one"):
        trained(others, tmp_path / "weights", resume=True)
    assert trained(digits, tmp_path / "weights", resume=True, minutes=1.0).is_file()  # other minutes are welcome


@pytest.mark.parametrize("other", ["sampler", "recipe", "data"])
def test_a_folder_belongs_to_one_run(tmp_path, other):
    run = {"sampler": "ldm", "recipe": "digits", "data": "abc"}
    begin(tmp_path / "x", run, resume=True)
    (tmp_path / "x" / "unet.checkpoint").touch()
    begin(tmp_path / "x", run, resume=True)
    with pytest.raises(TrainingError, match=f"another {other}"):
        begin(tmp_path / "x", {**run, other: "?"}, resume=True)
    assert (tmp_path / "x" / "unet.checkpoint").exists()
    begin(tmp_path / "x", {**run, other: "?"}, resume=False)
    assert [file.name for file in (tmp_path / "x").iterdir()] == ["run.json"]
    assert json.loads((tmp_path / "x" / "run.json").read_text())[other] == "?"


def test_checkpoints_of_an_unknown_run_are_not_taken(tmp_path):
    (tmp_path / "unet.checkpoint").touch()
    with pytest.raises(TrainingError, match="another sampler"):
        begin(tmp_path, {"sampler": "ldm"}, resume=True)


def test_a_finished_stage_is_not_taken_up_again(tmp_path):
    """With more minutes it would move on, while the next stage's checkpoint rests on where it was."""
    torch.manual_seed(0)
    network, steps = nn.Linear(1, 1), []

    def loss_of(step: int, dice: torch.Generator) -> torch.Tensor:
        steps.append(step)
        return network(torch.ones(1, 1)).sum()

    run_stage(Stage("first", 2, 1e-2), network, loss_of, tmp_path)
    _, progress = run_stage(Stage("first", 5, 1e-2), network, loss_of, tmp_path, resume=True)
    assert (steps, progress.step) == ([0, 1], 2)
