"""The ablation of lddpm and its command: what it trains, what it shows, and what goes on after an interruption."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from inference.evaluation.partial import PartialResults
from inference.management.commands import ablate_lddpm
from inference.training import Collapsed, ablation
from inference.training.ablation import variants, with_collapsed
from inference.training.lddpm import FULL
from tests.inference.training.conftest import write_digits

pytestmark = pytest.mark.usefixtures("tiny_lddpm")


def ablate(output: Path, data: Path, **options) -> dict:
    options = {"minutes": 1.0, "images": 2, "count": 2, "device": "cpu"} | options
    call_command("ablate_lddpm", "digits", output=output, data=data, **options)
    return json.loads((output / "ablation.json").read_text())


def trained(monkeypatch) -> list[str]:
    """The names of the variants that are trained from now on, a list that grows."""
    names, real = [], ablation.train_networks

    def noting(recipe, pictures, folder, **options):
        names.append(folder.stem)
        return real(recipe, pictures, folder, **options)

    monkeypatch.setattr(ablation, "train_networks", noting)
    return names


def test_the_variants_add_one_part_after_the_other():
    found = list(variants().values())
    assert [sum(switches.values()) for switches in found] == [0, 1, 2, 3, 4, 5, 6]
    assert found[-1] == FULL


def test_the_ablation_command(tmp_path, digits, capsys):
    results = ablate(tmp_path / "out", digits)
    assert "ablation.md" in capsys.readouterr().out
    text = (tmp_path / "out" / "ablation.md").read_text()
    assert "| lddpm/stacked | lddpm/attention | lddpm/cvae | lddpm/glow | lddpm/gan |" in text
    for row in ("PSNR Y", "LR consistency", "pixel std of 255", "read right: all samples"):
        assert row in text
    assert len({one["weights_sha256"] for one in results["samplers"]}) == 7
    assert (results["samplers"][0]["summary"]["images"], results["collapsed"]) == (2, {})
    assert results["images"] == "2 digits kept out of training (digits.npz, 40 images of the user)"
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["ablation.json", "ablation.md", "lddpm"]


@pytest.mark.parametrize("option", [{"minutes": 0.0}, {"images": 0}, {"count": 0}])
def test_what_cannot_be_is_refused_before_anything_is_trained(tmp_path, digits, option):
    with pytest.raises(CommandError, match=f"number of {next(iter(option))} must be above 0, not 0"):
        ablate(tmp_path, digits, **option)


def test_a_variant_that_collapses_is_a_column_and_the_others_are_measured(tmp_path, digits, monkeypatch, capsys):
    real, started = ablation.train_networks, []

    def collapsing(recipe, pictures, folder, **options):
        started.append(folder.stem)
        if folder.stem == "gan":
            raise Collapsed("All samples came out alike.")
        return real(recipe, pictures, folder, **options)

    monkeypatch.setattr(ablation, "train_networks", collapsing)
    results = ablate(tmp_path, digits)
    assert results["collapsed"] == {"lddpm/gan": "All samples came out alike."}
    assert [one["weights"] for one in results["samplers"]] == [name for name in variants() if name != "gan"]
    text = (tmp_path / "ablation.md").read_text()
    assert "| lddpm/glow | lddpm/gan | lddpm/content |" in text
    assert "| images | 2 | 2 | 2 | 2 | collapsed | 2 | 2 |" in text
    assert "`lddpm/gan` collapsed: All samples came out alike." in text
    assert "collapsed" in capsys.readouterr().out
    ablate(tmp_path, digits, resume=True)
    assert started == list(variants())  # its seed is fixed: it would collapse again


def test_columns_keep_their_order():
    every = ["", *(f"lddpm/{name}" for name in variants())]
    rows = [[*every[:1], *every[2:]], ["a", *"123456"], ["b", *"234567"]]
    assert with_collapsed(rows, ["lddpm/stacked"]) == [every, ["a", "collapsed", *"123456"], ["b", "–", *"234567"]]
    assert with_collapsed([every, ["a", *"1234567"]], []) == [every, ["a", *"1234567"]]


@pytest.mark.parametrize("other", ["minutes", "data"])
def test_an_ablation_is_not_resumed_with_what_another_has_left(tmp_path, digits, monkeypatch, other):
    def broken_off(recipe, pictures, folder, **options):
        if folder.stem == "stacked":
            raise Collapsed("All samples came out alike.")
        raise KeyboardInterrupt

    monkeypatch.setattr(ablation, "train_networks", broken_off)
    with pytest.raises(KeyboardInterrupt):
        ablate(tmp_path / "out", digits)
    names = trained(monkeypatch)
    changed = {"minutes": 2.0} if other == "minutes" else {"data": write_digits(tmp_path / "others.npz", seed=1)}
    with pytest.raises(CommandError, match=rf"stacked\.json is of a run with another {other}"):
        ablate(tmp_path / "out", **{"data": digits, "resume": True} | changed)
    assert names == []


def test_variants_of_no_known_run_are_not_taken(tmp_path, digits):
    (tmp_path / "lddpm").mkdir()
    (tmp_path / "lddpm" / "glow.json").write_text("{}")
    with pytest.raises(CommandError, match=r"glow\.json is of a run with another recipe"):
        ablate(tmp_path, digits, resume=True)


def test_without_resume_nothing_of_an_earlier_ablation_is_left(tmp_path, digits, monkeypatch):
    """Else the next --resume would take its later variants."""
    (tmp_path / "ablation.json.partial").write_text("of before")
    (tmp_path / "lddpm" / "style.training").mkdir(parents=True)
    for ending in (".json", ".md", ".safetensors"):
        (tmp_path / "lddpm" / f"glow{ending}").touch()

    def broken_off(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(ablation, "train_networks", broken_off)
    with pytest.raises(KeyboardInterrupt):
        ablate(tmp_path, digits)
    assert [path.name for path in (tmp_path / "lddpm").iterdir()] == ["stacked.training"]
    assert not (tmp_path / "ablation.json.partial").exists()


def test_what_was_drawn_is_kept_until_the_tables_are_written(tmp_path, digits, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ablate_lddpm, "markdown", full)
        with pytest.raises(CommandError, match="No space left"):
            ablate(tmp_path, digits)
    names = trained(monkeypatch)
    monkeypatch.setattr(PartialResults, "add", None)  # nothing is drawn again
    ablate(tmp_path, digits, resume=True)
    assert names == []
