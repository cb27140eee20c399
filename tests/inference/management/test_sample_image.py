"""``manage.py sample_image``: files, manifest, and one sentence for each mistake."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from safetensors.torch import save_file

from inference.core.images import encode_png, read_image, to_uint8
from inference.core.metrics import lr_consistency
from inference.core.weights import sha256_of
from inference.samplers import load, settings_class
from tests.inference.samplers.tiny import ldm_config, ldm_networks


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(ldm_networks().state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps({**ldm_config(), "sha256": sha256_of(path)}))
    return path


@pytest.fixture
def low_res(tmp_path) -> Path:
    path = tmp_path / "digit.png"
    path.write_bytes(encode_png(to_uint8(np.random.default_rng(0).random((7, 7, 1)))))
    return path


def draw(low_res: Path, weights: Path | str, output: Path, **options) -> dict:
    options = {"sampler": "ldm", "count": 3, "seed": 5, "values": ["steps=2"], **options}
    call_command("sample_image", low_res, weights=str(weights), output=output, **options)
    return json.loads((output / "manifest.json").read_text())


def test_it_writes_one_file_per_sample_and_says_how(low_res, weights, tmp_path, capsys):
    manifest = draw(low_res, weights, tmp_path / "out")
    assert [entry["seed"] for entry in manifest["samples"]] == [5, 6, 7]
    assert manifest["low_res_sha256"] == sha256_of(low_res)
    assert manifest["weights_sha256"] == sha256_of(weights)
    assert manifest["settings"] == settings_class("ldm")(steps=2).as_mapping()
    assert manifest["code_version"]
    for entry in manifest["samples"]:
        content = (tmp_path / "out" / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        sample = read_image(tmp_path / "out" / entry["file"])
        assert sample.shape == (28, 28, 1)
        assert entry["lr_consistency_db"] == pytest.approx(lr_consistency(sample, read_image(low_res), 4), abs=0.01)
    assert "Wrote 3 samples" in capsys.readouterr().out


def test_the_files_are_what_the_sampler_draws(low_res, weights, tmp_path):
    draw(low_res, weights, tmp_path / "out")
    sampler = load("ldm", weights)
    expected = sampler.sample(read_image(low_res), [7], sampler.Settings(steps=2))[0]
    assert np.array_equal(read_image(tmp_path / "out" / "sample_00002.png"), read_image_of(expected))


def read_image_of(image: np.ndarray) -> np.ndarray:
    return to_uint8(image).astype(np.float32) / np.float32(255)


def test_settings_reach_the_sampler(low_res, weights, tmp_path):
    raw = draw(low_res, weights, tmp_path / "raw")
    held = draw(low_res, weights, tmp_path / "held", values=["steps=2", "projection=5"])
    for before, after in zip(raw["samples"], held["samples"], strict=True):
        assert after["lr_consistency_db"] > before["lr_consistency_db"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"sampler": "gan"}, "no sampler 'gan'"),
        ({"count": 0}, "at least 1"),
        ({"seed": -1}, "A seed is"),
        ({"values": ["steps"]}, "key=value, not 'steps'"),
        ({"values": ["steps=0"]}, "'steps' must be"),
        ({"values": ["pace=1"]}, "no setting 'pace'"),
        ({"weights": "unheard"}, "no weights ldm/unheard"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(low_res, weights, tmp_path, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        draw(low_res, options.pop("weights", weights), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_image(weights, tmp_path):
    (tmp_path / "text.png").write_text("not an image")
    with pytest.raises(CommandError):
        draw(tmp_path / "text.png", weights, tmp_path / "out")


def test_an_image_that_is_missing(weights, tmp_path):
    with pytest.raises(CommandError, match=r"There is no file .*gone\.png"):
        draw(tmp_path / "gone.png", weights, tmp_path / "out")


def test_samples_of_an_earlier_run_are_not_mixed_with_new_ones(low_res, weights, tmp_path):
    first = draw(low_res, weights, tmp_path / "out")
    with pytest.raises(CommandError, match="holds samples already"):
        draw(low_res, weights, tmp_path / "out", seed=100)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == first
