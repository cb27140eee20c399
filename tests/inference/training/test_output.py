"""What a run stores: whole files or none, finite numbers, and a command that can be typed again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from inference.core.weights import sha256_of
from inference.training import Collapsed, output
from inference.training.card import command_line
from inference.training.output import write_weights


def written(folder: Path, value: float = 1.0) -> Path:
    network = nn.Linear(1, 1)
    nn.init.constant_(network.weight, value)
    return write_weights(network, {"sampler": "ldm"}, "card", folder, "v1.5")


def test_it_writes_three_files_that_belong_together(tmp_path):
    path = written(tmp_path)
    assert json.loads((tmp_path / "ldm" / "v1.5.json").read_text())["sha256"] == sha256_of(path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["v1.5.json", "v1.5.md", "v1.5.safetensors"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e5])  # the last is infinite in float16
def test_numbers_that_are_not_finite_are_refused_and_what_was_there_stays(tmp_path, value):
    path = written(tmp_path)
    before = sha256_of(path)
    with pytest.raises(Collapsed, match="Not all numbers in weight are finite in float16"):
        written(tmp_path, value)
    assert sha256_of(path) == before


def test_weights_that_cannot_be_written_whole_leave_the_old_ones(tmp_path, monkeypatch):
    path = written(tmp_path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def cut_off(tensors: dict[str, torch.Tensor], place: Path) -> None:
        place.write_bytes(b"cut")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "save_file", cut_off)
    with pytest.raises(OSError, match="No space left"):
        written(tmp_path, 2.0)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_the_weights_come_before_the_json_that_vouches_for_them(tmp_path, monkeypatch):
    order, real = [], os.replace
    monkeypatch.setattr(os, "replace", lambda draft, path: order.append(path.suffix) or real(draft, path))
    written(tmp_path)
    assert order == [".safetensors", ".json", ".md"]


def test_the_command_has_what_was_given():
    assert command_line("ldm", "digits", name="own", minutes=None) == "`python manage.py train ldm digits --name own`"
    assert command_line("ldm", "photos", minutes=62.5, data=Path("my photos"), device="cuda") == (
        "`python manage.py train ldm photos --minutes 62.5 --data 'my photos' --device cuda`"
    )
