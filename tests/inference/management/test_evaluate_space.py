"""``manage.py evaluate_space``: figures, files, resuming, and one sentence for each mistake."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inference.core.images import encode_png, to_uint8
from inference.core.metrics import lr_consistency, pixel_diversity
from inference.evaluation.pictures import folder_source
from inference.training.fonts import font_digits
from tests.tiny import TinySampler


@pytest.fixture(autouse=True)
def weights_sha256(monkeypatch):
    monkeypatch.setattr(TinySampler, "weights_sha256", "ab" * 32, raising=False)


@pytest.fixture
def photos(tmp_path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(2):
        pixels = np.random.default_rng(number).integers(40, 216, (32, 36, 3), dtype=np.uint8)
        (folder / f"photo {number}.png").write_bytes(encode_png(pixels))
    return folder


def evaluate(path: Path, *, samplers=("tiny/colour",), **options) -> dict:
    families, weights = zip(*(name.split("/") for name in samplers), strict=True)
    options = {"count": 5, "device": "cpu", **options}
    call_command("evaluate_space", sampler=list(families), weights=list(weights), json=path, **options)
    return json.loads(path.read_text())


def test_it_measures_what_the_sampler_draws(tiny, photos, tmp_path, capsys):
    found = evaluate(tmp_path / "space.json", images=photos, values=["noise=0.2"])
    (one,) = found["samplers"]
    assert one["name"] == "tiny/colour"
    record = one["images"][1]
    picture = folder_source(photos, None).at(4)[1]
    assert (record["name"], record["first_seed"]) == ("photo 1.png", 1_000_000)
    low = picture.low / np.float32(255)
    drawn = TinySampler(4, 3).draw(low, range(1_000_000, 1_000_005), TinySampler.Settings(noise=0.2))
    samples = np.stack([to_uint8(sample.image) for sample in drawn])
    values = lr_consistency(samples, picture.low, 4)
    assert record["lr_consistency"]["mean"] == pytest.approx(values.mean(), abs=1e-3)
    assert record["lr_consistency"]["worst"] == pytest.approx(values.min(), abs=1e-3)
    assert record["pixel_std"]["mean"] == pytest.approx(pixel_diversity(samples), abs=1e-3)
    assert one["summary"]["images"] == 2
    assert 0 < one["summary"]["diversity"]["score"] < 100
    table = capsys.readouterr().out
    assert "tiny/colour" in table
    assert "diversity S, M = 5" in table


def test_all_that_figures_depend_on_is_beside_them(tiny, photos, tmp_path):
    found = evaluate(tmp_path / "space.json", images=photos, seed=7, shave=2, crop=16, values=["noise=0.2"])
    assert (found["seed"], found["shave"], found["samples_per_image"]) == (7, 2, 5)
    assert "middle 16 x 16" in found["images"]
    assert len(found["images_sha256"]) == 64
    assert found["code_versions"][0]
    assert "stand-in" in found["distance"]["name"]
    assert found["distance"]["reason"].startswith("Not LPIPS")
    assert "luma" in found["protocol"]["psnr"]
    (one,) = found["samplers"]
    assert one["settings"] == TinySampler.Settings(noise=0.2).as_mapping()
    assert (one["weights_sha256"], one["scale"]) == ("ab" * 32, 4)
    assert one["images"][0]["size"] == [16, 16, 3]


def test_a_deterministic_sampler_has_no_diversity(tiny, photos, tmp_path):
    summary = evaluate(tmp_path / "space.json", images=photos, values=["noise=0"])["samplers"][0]["summary"]
    assert summary["diversity"]["score"] == 0
    assert summary["pixel_std"]["mean"] == 0


def test_samplers_stand_side_by_side(tiny, tmp_path, capsys):
    folder = tmp_path / "grey"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode_png(np.random.default_rng(0).integers(0, 256, (32, 32, 1), dtype=np.uint8)))
    both = ["tiny/grey", "tiny/colour"]
    found = evaluate(tmp_path / "s.json", samplers=both, images=folder, figure=tmp_path / "s.svg")
    assert [one["name"] for one in found["samplers"]] == both
    assert (tmp_path / "s.svg").read_bytes().startswith(b"<svg")
    assert "tiny/grey" in (tmp_path / "s.svg").read_text()
    head = next(line for line in capsys.readouterr().out.splitlines() if "tiny/grey" in line)
    assert "tiny/colour" in head


def test_no_picture_is_drawn_only_to_fill_a_micro_batch(tiny, photos, tmp_path, monkeypatch):
    sizes = []
    draw = TinySampler.draw

    def noted(self, *args, **options):
        sizes.append(self.micro_batch)
        return draw(self, *args, **options)

    monkeypatch.setattr(TinySampler, "draw", noted)
    evaluate(tmp_path / "space.json", images=photos, count=6)  # the micro-batch is 4
    assert sizes == [3, 3]


def interrupted(path: Path, photos: Path, **options) -> None:
    """Killed when the second image is drawn."""

    def stop(seed: int) -> None:
        if seed >= 1_000_000:
            raise KeyboardInterrupt

    TinySampler.before = stop
    with pytest.raises(KeyboardInterrupt):
        evaluate(path, images=photos, **options)
    TinySampler.reset()


def test_an_interrupted_run_goes_on_where_it_stopped(tiny, photos, tmp_path):
    whole = evaluate(tmp_path / "whole.json", images=photos)
    interrupted(tmp_path / "space.json", photos)
    assert not (tmp_path / "space.json").exists()
    found = evaluate(tmp_path / "space.json", images=photos, resume=True)
    assert TinySampler.drawn == list(range(1_000_000, 1_000_005))
    assert [path.name for path in tmp_path.glob("space.json*")] == ["space.json"]

    def without_times(results: dict) -> list:
        return [{**one, "seconds": 0} for one in results["samplers"][0]["images"]]

    assert without_times(found) == without_times(whole)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"resume": True, "values": ["noise=0.3"]}, "made with other samplers"),
        ({"resume": True, "count": 6}, "made with other samples_per_image"),
        ({"resume": True, "crop": 16}, "made with other images"),
        ({}, "add --resume"),
    ],
)
def test_results_of_two_evaluations_are_not_mixed(tiny, photos, tmp_path, options, sentence):
    interrupted(tmp_path / "space.json", photos)
    with pytest.raises(CommandError, match=sentence):
        evaluate(tmp_path / "space.json", images=photos, **options)
    assert TinySampler.drawn == []
    assert (tmp_path / "space.json.partial").exists()


def test_a_setting_can_be_of_one_family(tiny, photos, tmp_path):
    found = evaluate(tmp_path / "space.json", images=photos, values=["tiny.noise=0.3", "projection=1", "noise=0.2"])
    assert found["samplers"][0]["settings"]["noise"] == 0.3
    assert found["samplers"][0]["settings"]["projection"] == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"samplers": ["gan/one"]}, "no sampler 'gan'"),
        ({"samplers": ["tiny/none"]}, "no weights tiny/none"),
        ({"samplers": ["tiny/grey"]}, "tiny/grey draws grey images, and photo 0.png is in colour"),
        ({"samplers": ["tiny/colour", "tiny/colour"]}, "named twice"),
        ({"count": 0}, "from 1 to"),
        ({"seed": -1}, "seed must be"),
        ({"shave": 16}, "shaved off"),
        ({"crop": 64}, "cannot be cut"),
        ({"crop": 8}, "at least 4 x 4"),
        ({"values": ["noise"]}, "key=value, not 'noise'"),
        ({"values": ["pace=1"]}, "no setting 'pace'"),
        ({"values": ["ldm.steps=3"]}, "'ldm', which is not evaluated here"),
        ({"hard": 3}, "--hard goes with --digits"),
        ({"figure": Path("a.pdf")}, "a.pdf"),
        ({"figure": Path("nowhere/a.svg")}, "There is no folder nowhere"),
    ],
)
def test_mistakes_are_one_sentence_and_nothing_is_drawn(tiny, photos, tmp_path, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        evaluate(tmp_path / "space.json", images=photos, **options)
    assert TinySampler.drawn == []
    assert list(tmp_path.glob("space.json*")) == []


def test_weights_for_each_sampler(tiny, photos, tmp_path):
    with pytest.raises(CommandError, match="as many weights as samplers"):
        call_command(
            "evaluate_space", sampler=["tiny", "tiny"], weights=["grey"], images=photos, json=tmp_path / "a.json"
        )


def test_the_documented_command_line(tiny, photos, tmp_path):
    one = ["--sampler", "tiny", "--weights", "colour", "--count", "2"]
    call_command("evaluate_space", *one, "--images", str(photos), "--json", str(tmp_path / "a.json"))
    again = ["--sampler", "tiny", "--weights", "grey", *one, "--crop", "16", "--set", "noise=0"]
    with pytest.raises(CommandError, match="in colour"):
        call_command("evaluate_space", *again, "--images", str(photos), "--json", str(tmp_path / "b.json"))
    assert json.loads((tmp_path / "a.json").read_text())["samples_per_image"] == 2


def test_images_that_are_missing(tiny, tmp_path):
    with pytest.raises(CommandError, match="no images in"):
        evaluate(tmp_path / "space.json", images=tmp_path / "nowhere")


def test_digits_without_a_classifier_of_their_lr_images_say_so(tiny, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode_png(np.full((28, 28, 1), 7, np.uint8)))
    (tmp_path / "labels.csv").write_text("a.png,3\n")
    monkeypatch.setattr("inference.evaluation.pictures.read_low", lambda lows: None)
    evaluate(tmp_path / "s.json", samplers=["tiny/grey"], images=folder, labels=tmp_path / "labels.csv")
    assert "none is called hard" in capsys.readouterr().out


def test_digits_are_read_and_their_shares_calibrated(tiny, tmp_path, monkeypatch, capsys):
    images, labels = font_digits(60)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    monkeypatch.setenv("TRUSTSR_TRAINING_DATA", str(tmp_path / "digits.npz"))
    found = evaluate(tmp_path / "space.json", samplers=["tiny/grey"], digits=6, values=["noise=0.05"])
    groups = found["samplers"][0]["summary"]["labels"]
    assert groups["all"]["images"] == groups["easy"]["images"] + groups["hard"]["images"] == 6
    assert groups["all"]["truth_right"]["hits"] >= 5
    assert 0 <= groups["all"]["coverage"]["value"] <= 1
    for record in found["samplers"][0]["images"]:
        assert sum(record["labels"]["counts"]) == 5
    table = capsys.readouterr().out
    assert "calibration error (of exact shares), every label" in table
    assert "PSNR RGB" not in table
