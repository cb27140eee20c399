"""``manage.py mix_samples``: files and manifest of samples made of two that ``sample_image`` drew."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from safetensors.torch import save_file

from inference.core.images import encode_png, read_image, to_uint8
from inference.core.weights import sha256_of
from inference.samplers.health import Health
from tests.inference.samplers import tiny

BOX = [4, 4, 16, 20]


@pytest.fixture(autouse=True)
def only_finite_matters(monkeypatch) -> None:
    """Random networks draw what health calls explosions and casts."""
    monkeypatch.setattr(Health, "fault", lambda self, picture: "" if np.isfinite(picture).all() else "not finite")


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(tiny.srdiff().networks.state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps({**tiny.srdiff_config(), "sha256": sha256_of(path)}))
    return path


@pytest.fixture
def low_res(tmp_path) -> Path:
    path = tmp_path / "digit.png"
    path.write_bytes(encode_png(to_uint8(np.random.default_rng(0).random((7, 7, 1)))))
    return path


@pytest.fixture
def drawn(low_res, weights, tmp_path) -> Path:
    folder = tmp_path / "drawn"
    options = {"sampler": "srdiff", "weights": str(weights), "count": 3, "seed": 5, "values": ["steps=2"]}
    call_command("sample_image", low_res, output=folder, **options)
    return folder


def mix(kind: str, folder: Path, low_res: Path, first: int = 0, second: int = 1, **options) -> dict:
    output = options.pop("output", folder.parent / "mixed")
    call_command("mix_samples", kind, folder, first, second, low_res=low_res, output=output, **options)
    return json.loads((output / "manifest.json").read_text())


def test_samples_between_two(drawn, low_res, tmp_path, capsys):
    manifest = mix("interpolation", drawn, low_res, 0, 2, count=3)
    parents = json.loads((drawn / "manifest.json").read_text())
    entries = parents["samples"]
    assert manifest["derivation"] == {
        "kind": "interpolation",
        "samples": [entries[0]["sha256"], entries[2]["sha256"]],
        "origins": [[5, 0], [7, 0]],
        "shares": [0.25, 0.5, 0.75],
    }
    for name in ("low_res_sha256", "weights_sha256", "settings"):
        assert manifest[name] == parents[name]
    first = read_image(drawn / entries[0]["file"])
    distances = [np.abs(read_image(tmp_path / "mixed" / one["file"]) - first).mean() for one in manifest["samples"]]
    assert distances == sorted(distances)
    assert all(sha256_of(tmp_path / "mixed" / one["file"]) == one["sha256"] for one in manifest["samples"])
    assert "Wrote 3 samples" in capsys.readouterr().out


def test_a_region_of_the_second_in_the_first(drawn, low_res, tmp_path):
    manifest = mix("fusion", drawn, low_res, count=2, box=BOX, percent=30, seed=3)
    assert manifest["derivation"]["box"] == BOX
    assert manifest["derivation"]["percent"] == 30
    assert [one["seed"] for one in manifest["samples"]] == [3, 4]
    base_picture = read_image(drawn / "sample_00000.png")
    made = read_image(tmp_path / "mixed" / "sample_00000.png")
    left, top, right, bottom = BOX
    changed = np.abs(made - base_picture)
    assert changed[top:bottom, left:right].max() > 0
    changed[top:bottom, left:right] = 0
    assert not changed.any()


def test_made_samples_can_be_fused_but_not_interpolated(drawn, low_res, tmp_path):
    mix("interpolation", drawn, low_res, count=2)
    mix("fusion", tmp_path / "mixed", low_res, count=1, box=BOX, output=tmp_path / "again")
    with pytest.raises(CommandError, match="have no noise of their own"):
        mix("interpolation", tmp_path / "mixed", low_res, count=1, output=tmp_path / "more")


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("interpolation", {"second": 7}, "There is no sample 7 among the 3"),
        ("interpolation", {"second": 0}, "Both samples are the same picture"),
        ("interpolation", {"count": 0}, "at least 1, not 0"),
        ("fusion", {}, "needs --box"),
        ("fusion", {"box": [0, 0, 29, 4]}, "does not lie within 28 x 28"),
        ("fusion", {"box": BOX, "percent": 100}, "1 to 99 per cent"),
    ],
)
def test_mistakes_are_told_in_a_sentence(drawn, low_res, tmp_path, kind, options, words):
    with pytest.raises(CommandError, match=words):
        mix(kind, drawn, low_res, **options)
    assert not (tmp_path / "mixed").exists()


def test_files_that_are_not_what_the_manifest_says_are_refused(drawn, low_res, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(encode_png(np.zeros((7, 7, 1), np.uint8)))
    with pytest.raises(CommandError, match="is not the image that these samples were drawn of"):
        mix("interpolation", drawn, other)
    (drawn / "sample_00001.png").write_bytes(other.read_bytes())
    with pytest.raises(CommandError, match="is not the file that its manifest names"):
        mix("fusion", drawn, low_res, box=BOX)
    with pytest.raises(CommandError, match="holds samples already"):
        mix("interpolation", drawn, low_res, output=drawn)
    with pytest.raises(CommandError, match="There is no file"):
        mix("interpolation", tmp_path / "nothing", low_res)


def test_families_that_cannot_mix_say_so(drawn, low_res):
    manifest = json.loads((drawn / "manifest.json").read_text())
    (drawn / "manifest.json").write_text(json.dumps({**manifest, "sampler": "ldm"}))
    with pytest.raises(CommandError, match="The sampler ldm cannot mix samples by interpolation"):
        mix("interpolation", drawn, low_res)
