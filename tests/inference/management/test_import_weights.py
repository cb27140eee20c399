"""``manage.py import_weights``: a checkpoint becomes weights that jobs can use, or one sentence and no file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from safetensors.torch import load_file, save_file

from inference import samplers, services
from inference.core.weights import sha256_of
from inference.models import Weights
from inference.samplers.importing import importer, smoke
from inference.samplers.importing.smoke import truth
from tests.inference.samplers.importing.fake.family import register, state_dict

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file with the state dict, or with what is given instead."""

    def write(content: Any = None, name: str = "official.ckpt") -> Path:
        torch.save({"state_dict": state_dict()} if content is None else content, tmp_path / name)
        return tmp_path / name

    return write


def imported(path: Path | str, name: str = "official", sampler: str = "fake", **options: Any) -> None:
    call_command("import_weights", sampler, str(path), name=name, **options)


def refused(data_dir: Path, path: Path | str, sentence: str, **options: Any) -> None:
    """One sentence, no row, and no file in the data folder that was not there."""
    before = sorted(data_dir.rglob("*"))
    with pytest.raises(CommandError, match=sentence) as caught:
        imported(path, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.returncode == 1
    left = set(data_dir.rglob("*")) - set(before)
    assert not any(file.is_file() for file in left)
    assert not any(file.name.startswith(".importing") for file in left)
    assert not Weights.objects.filter(sampler="fake").exists()


def test_weights_are_there_for_samplers_and_jobs(checkpoint, data_dir, capsys):
    path = checkpoint()
    imported(path)
    made = data_dir / "weights" / "fake" / "official.safetensors"
    sampler = samplers.load("fake", "official", folders=[data_dir / "weights"])
    assert sampler.weights_sha256 == sha256_of(made)
    picture = sampler.sample(truth(3)[::4, ::4], [0])
    assert picture.shape == (1, 128, 128, 3)
    row = Weights.objects.get(sampler="fake", name="official")
    assert (row.sha256, row.scale, row.channels) == (sha256_of(made), 4, 3)
    assert row in services.catalogue()
    assert "reaches" in capsys.readouterr().out


def test_licence_and_source_are_shown_and_kept(checkpoint, data_dir, capsys):
    path = checkpoint()
    imported(path)
    config = json.loads((data_dir / "weights" / "fake" / "official.json").read_text())
    card = (data_dir / "weights" / "fake" / "official.md").read_text()
    row = Weights.objects.get(sampler="fake")
    shown = capsys.readouterr().out
    for fact in ("Fake Licence 1.0", "https://example.org/licence", "For tests only."):
        assert fact in shown
        assert fact in row.licence
        assert fact in config["licence"]
        assert fact in card
    for fact in ("official.ckpt", sha256_of(path), "https://example.org/licence"):
        assert fact in row.source
        assert fact in config["source"]
        assert fact in card


def test_the_admin_shows_licence_source_and_hash(checkpoint, admin_client):
    path = checkpoint()
    imported(path)
    row = Weights.objects.get(sampler="fake")
    page = admin_client.get("/admin/inference/weights/").content.decode()
    detail = admin_client.get(f"/admin/inference/weights/{row.pk}/change/").content.decode()
    for fact in ("Fake Licence 1.0", "official.ckpt", row.sha256):
        assert fact in page
        assert fact in detail
    assert sha256_of(path) in detail


def test_numbers_are_stored_with_32_bits_and_exactly(checkpoint, data_dir):
    tensors = {key: value.half() if value.is_floating_point() else value for key, value in state_dict().items()}
    imported(checkpoint({"state_dict": tensors}))
    stored = load_file(data_dir / "weights" / "fake" / "official.safetensors")
    assert stored["squares.weight"].dtype == torch.float32
    assert stored["steps"].dtype == torch.int64
    assert np.array_equal(stored["squares.weight"], state_dict()["net.weight"])


def test_averaged_weights_are_taken_where_there_are_any(checkpoint, data_dir):
    averaged = {f"average.{key}": value for key, value in state_dict().items()}
    raw = {key: torch.zeros_like(value) for key, value in state_dict().items()}
    imported(checkpoint({"state_dict": {**raw, **averaged}}))
    stored = load_file(data_dir / "weights" / "fake" / "official.safetensors")
    assert np.array_equal(stored["squares.weight"], state_dict()["net.weight"])


def test_the_files_can_be_read_by_other_users(checkpoint, data_dir):
    imported(checkpoint())
    for suffix in (".safetensors", ".json", ".md"):
        assert (data_dir / "weights" / "fake" / f"official{suffix}").stat().st_mode & 0o444 == 0o444


def changed(**entries: Any) -> dict[str, Any]:
    return {"state_dict": {**state_dict(), **entries}}


def without(key: str) -> dict[str, Any]:
    return {"state_dict": {name: value for name, value in state_dict().items() if name != key}}


class Shell:
    """Pickled as a call of the shell."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self.command,)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (changed(extra=torch.ones(1)), r"do not fit: 1 left over \(extra\)"),
        (changed(**{f"extra{i}": torch.ones(1) for i in range(9)}), r"9 left over \(extra0, extra1, extra2 and 6 more"),
        (without("net.bias"), r"do not fit: 1 missing \(squares\.bias\)"),
        (without("net.weight"), "no official checkpoint of 'fake' .*net.weight"),
        (changed(**{"net.bias": torch.zeros(12)}), r"of another shape \(squares\.bias is 12, not 48\)"),
        (changed(**{"net.bias": torch.full((48,), torch.nan)}), r"not finite \(squares\.bias\)"),
        (changed(**{"net.bias": torch.full((48,), torch.inf)}), r"not finite \(squares\.bias\)"),
        ({"state_dict": {"lstm.weight": torch.ones(2)}}, "no official checkpoint of 'fake': .*lstm.weight"),
        ({"state_dict": state_dict(2)}, "another scale than x4"),
        (changed(**{"net.weight": torch.randn(48, 3, 1, 1)}), "The test picture failed"),
        ({"state_dict": {**state_dict(), "note": "text"}}, "no tensors: note"),
        ({"epoch": 3}, "holds no weights"),
    ],
    ids=[
        *("extra", "many extra", "missing", "missing what sizes are read from", "shape", "nan", "inf"),
        *("another family", "scale", "bad pictures", "text among tensors", "no weights"),
    ],
)
def test_checkpoints_that_do_not_fit(checkpoint, data_dir, content, sentence):
    refused(data_dir, checkpoint(content), sentence)


def test_code_in_a_checkpoint_is_not_run(checkpoint, data_dir, tmp_path):
    path = checkpoint({"state_dict": state_dict(), "callbacks": Shell(f"touch {tmp_path / 'marker'}")})
    refused(data_dir, path, "asks for 'posix.system'")
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "is empty"), (b"just text", "cannot be read"), (None, "cut off or damaged")]
)
def test_files_that_are_no_checkpoint(checkpoint, data_dir, content, sentence):
    path = checkpoint()
    path.write_bytes(path.read_bytes()[:700] if content is None else content)
    refused(data_dir, path, sentence)


def test_a_folder_in_the_layout_of_diffusers(data_dir, tmp_path):
    file = tmp_path / "published" / "net" / "diffusion_pytorch_model.safetensors"
    file.parent.mkdir(parents=True)
    file.with_name("config.json").write_text('{"scale": 4}')
    save_file(state_dict(), file)
    imported(tmp_path / "published")
    row = Weights.objects.get(sampler="fake")
    assert f"published/net/{file.name}, sha256 {sha256_of(file)}" in row.source


@pytest.mark.parametrize(
    ("sampler", "sentence"),
    [
        ("fake", r"no official checkpoint of 'fake': .*no readable net/config\.json"),
        ("ldm", r"no official checkpoint of 'ldm': .*no readable unet/config\.json"),
        ("srdiff", "of 'srdiff' are files, and .* is none"),
    ],
)
def test_a_folder_that_is_something_else(data_dir, tmp_path, sampler, sentence):
    (tmp_path / "photos").mkdir()
    refused(data_dir, tmp_path / "photos", sentence, sampler=sampler)


def test_a_name_on_the_hub_without_leave_to_fetch(data_dir, monkeypatch):
    monkeypatch.delenv("TRUSTSR_ALLOW_DOWNLOADS", raising=False)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("tried to connect"))
    name = "CompVis/ldm-super-resolution-4x-openimages"
    refused(data_dir, name, f"no folder {name}, and fetching it .* not allowed", sampler="ldm")


def test_a_path_to_a_file_is_no_name_on_the_hub(data_dir):
    refused(data_dir, "runs/model.ckpt", r"runs/model\.ckpt cannot be read: No such file", sampler="ldm")


@pytest.mark.parametrize("name", ["", "../official", "a/b", ".hidden", "two words", "ä", "x" * 101])
def test_names_that_cannot_be_used(checkpoint, data_dir, name):
    refused(data_dir, checkpoint(), "is not a name of weights", name=name)


def test_a_name_that_is_taken(checkpoint, data_dir):
    imported(checkpoint())
    before = sha256_of(data_dir / "weights" / "fake" / "official.safetensors")
    with pytest.raises(CommandError, match="weights fake/official already: choose another name"):
        imported(checkpoint(changed(**{"net.bias": torch.full((48,), 0.01)})))
    assert sha256_of(data_dir / "weights" / "fake" / "official.safetensors") == before


@pytest.mark.parametrize("left", [(".json",), (".json", ".md")])
def test_what_a_killed_import_left_is_named(checkpoint, data_dir, left):
    (data_dir / "weights" / "fake").mkdir(parents=True)
    files = [data_dir / "weights" / "fake" / f"official{suffix}" for suffix in left]
    for file in files:
        file.touch()
    refused(data_dir, checkpoint(), f"under way, or was broken off: .* delete {' and '.join(map(str, files))}")
    for file in files:
        file.unlink()
    imported(checkpoint())
    assert Weights.objects.filter(sampler="fake").exists()


def test_of_two_imports_at_once_one_gets_the_name(checkpoint, data_dir, monkeypatch):
    """The other one begins to publish while this one draws its test picture."""

    def drawn(sampler: Any) -> smoke.Smoke:
        (data_dir / "weights" / "fake").mkdir()
        (data_dir / "weights" / "fake" / "official.json").touch()
        return smoke.Smoke(30, 30)

    monkeypatch.setattr(importer, "smoke", drawn)
    with pytest.raises(CommandError, match=r"under way, or was broken off: .*official\.json"):
        imported(checkpoint())
    assert not Weights.objects.filter(sampler="fake").exists()


def test_a_name_of_weights_that_ship_is_taken(checkpoint, data_dir):
    with pytest.raises(CommandError, match="weights ldm/digits already"):
        imported(checkpoint(), name="digits", sampler="ldm")


def test_a_sampler_that_is_unknown(checkpoint, data_dir):
    refused(data_dir, checkpoint(), "no sampler 'gan'", sampler="gan")


def test_a_second_file_where_there_is_one(checkpoint, data_dir):
    refused(data_dir, checkpoint(), "are one file", autoencoder=checkpoint(name="more.ckpt"))


def test_a_database_that_is_away_leaves_no_file(checkpoint, data_dir, monkeypatch):
    def fail(*args: Any, **options: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(Weights.objects, "update_or_create", fail)
    refused(data_dir, checkpoint(), "cannot be entered into the database: gone")


@pytest.mark.parametrize(("answer", "made"), [("y", True), ("Yes", True), ("", False), ("no", False)])
def test_at_a_terminal_a_person_is_asked(checkpoint, data_dir, monkeypatch, answer, made):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    if made:
        imported(checkpoint())
    else:
        refused(data_dir, checkpoint(), "licence was not accepted")
    assert Weights.objects.exists() is made


def test_who_has_accepted_is_not_asked(checkpoint, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("asked"))
    imported(checkpoint(), licence_accepted=True)
    assert Weights.objects.exists()


def test_the_command_ends_with_code_1_and_one_line(tmp_path):
    (tmp_path / "text.ckpt").write_text("no weights")
    command = [sys.executable, "manage.py", "import_weights", "ldm", str(tmp_path / "text.ckpt"), "--name", "official"]
    environment = {**os.environ, "TRUSTSR_DATA_DIR": str(tmp_path / "data")}
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert answer.returncode == 1
    assert answer.stderr.strip().count("\n") == 0
    assert "text.ckpt cannot be read" in answer.stderr
