"""Pictures that were rated, made anew from an export, and pairs counted again: each forgery is named."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.core.images import encode_png, read_uint8
from studies.exports import folder, rating_checks, rating_order_checks, stimulus_checks
from studies.exports.bundle import open_bundle
from studies.exports.levels import PUBLIC
from studies.exports.verify import verify
from studies.models import Study
from studies.services import lifecycle
from studies.services.analysis import evaluation, evidence_work
from studies.services.opinions import methods
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db

Facts = dict[str, Any]


@pytest.fixture
def study() -> Study:
    """In pairs, with an uploaded method; two people have given everything, evidence is worked out."""
    study = factories.open_study_with_pool(items=2, truth=True, pool_size=6)
    for picks in ([0, 1, 2], [0, 1, 3]):
        factories.vote_all(study, picks)
    lifecycle.close_study(study)
    for made in evaluation.request_all(study):
        evaluation.run(made.pk)
    methods.add(study, "EDSR", rated.method_files(study))
    rated.opened(study, mode="pairwise", repeats=2)
    for person, answer in zip(study.participants.order_by("pk"), ("", "first"), strict=True):
        rated.rate_all(person, answer)
    assert evidence_work.run(study).error == ""
    return study


@pytest.fixture
def export(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "export")


def change(export: Path, name: str, edit: Callable[[Facts], object]) -> None:
    document = json.loads((export / name).read_text())
    edit(document)
    (export / name).write_text(json.dumps(document))


def stimulus(document: Facts, kind: str, item: int = 1) -> Facts:
    return next(one for one in document["rating"]["stimuli"] if (one["kind"], one["item"]) == (kind, item))


def said(export: Path) -> list[str]:
    return list(stimulus_checks.pictures(open_bundle(export)))


def test_a_true_export_is_whole_in_both_levels(study: Study, export: Path, tmp_path: Path) -> None:
    assert verify(export) == []
    assert verify(folder.write(study, tmp_path / "public", level=PUBLIC)) == []
    kinds = {one["kind"] for one in json.loads((export / "study.json").read_text())["rating"]["stimuli"]}
    assert kinds == {"ensemble", "control", "single", "bicubic", "method", "reference"}


@pytest.mark.parametrize("kind", ["ensemble", "control", "single", "bicubic", "method"])
def test_one_pixel_by_one_level_is_found(export: Path, kind: str) -> None:
    path = export / stimulus(json.loads((export / "study.json").read_text()), kind)["path"]
    pixels = read_uint8(path.read_bytes())
    pixels[3, 5] ^= 1
    path.write_bytes(encode_png(pixels))
    assert said(export) == [f"{path.relative_to(export)} is not what its provenance gives."]


def test_other_bytes_of_the_same_pixels_are_the_same_picture(export: Path) -> None:
    """Only the hash of the file tells: libraries compress differently."""
    from PIL import Image

    path = export / stimulus(json.loads((export / "study.json").read_text()), "control")["path"]
    Image.open(io.BytesIO(path.read_bytes())).save(path, compress_level=0)
    assert said(export) == []


def swap(origin: Facts, kind: str, pool: list[str]) -> None:
    """Another sample of the pool than those that were drawn."""
    used = origin["indexes"] if kind == "control" else [origin["index"]]
    other = next(index for index in range(len(pool)) if index not in used)
    if kind == "control":
        origin["indexes"][0], origin["members"][0] = other, pool[other]
    else:
        origin["index"], origin["member"] = other, pool[other]


@pytest.mark.parametrize(("kind", "words"), [("control", "draws the samples"), ("single", "draws the sample ")])
def test_what_the_seed_did_not_draw_is_named(export: Path, kind: str, words: str) -> None:
    """Also when the forger has made the picture of it."""
    results = json.loads((export / "results.json").read_text())
    pool = [sample["sha256"] for sample in results["items"][1]["samples"]]
    change(export, "study.json", lambda document: swap(stimulus(document, kind)["provenance"], kind, pool))
    (line,) = said(export)
    assert line.startswith(f"Item 1, the rated picture “{kind}”: the seed of the rating phase {words}")


def test_hashes_that_belong_to_other_samples_are_named(export: Path) -> None:
    change(export, "study.json", lambda document: stimulus(document, "control")["provenance"]["members"].reverse())
    (line,) = said(export)
    assert "of the pool have other hashes than its provenance says." in line


FORGED: dict[str, tuple[str, Callable[[Facts], object], str]] = {
    "a member from elsewhere": (
        "ensemble", lambda origin: origin["members"].__setitem__(0, "ab" * 32), "its pool has no sample of the sha256",
    ),
    "members of another selection": (
        "ensemble", lambda origin: origin["members"].reverse(), "results.json names other members of the same ensemble",
    ),
    "an unknown rule": ("ensemble", lambda origin: origin.update(rule="magic", digest=""), "there is no rule 'magic'"),
    "another scale": ("bicubic", lambda origin: origin.update(scale=2), "by another scale, than the study's"),
    "another image": ("bicubic", lambda origin: origin.update(low_res="ab" * 32), "made of another image"),
    "an upload that is not there": ("method", lambda origin: origin.update(image="ab" * 32), "has no upload of that"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_provenance_is_named(export: Path, name: str) -> None:
    kind, edit, words = FORGED[name]
    change(export, "study.json", lambda document: edit(stimulus(document, kind)["provenance"]))
    lines = said(export)
    assert lines
    assert words in lines[0], lines


def test_a_picture_of_an_item_that_is_not_there_is_named(export: Path) -> None:
    change(export, "study.json", lambda document: stimulus(document, "single").update(item=9))
    assert said(export) == ["study.json has a rated picture of item 9, of which results.json knows nothing."]


def test_a_rating_of_a_picture_that_nobody_was_shown_is_named(export: Path) -> None:
    text = (export / "ratings.csv").read_text()
    one = next(csv.DictReader(io.StringIO(text)))
    (export / "ratings.csv").write_text(text.replace(one["other_sha256"], "ab" * 32))
    (line,) = rating_checks.named(open_bundle(export))
    assert line == f"ratings.csv: study.json has no picture “{one['other']}” of item {one['item']} with this sha256."


def order(export: Path) -> list[str]:
    return list(rating_order_checks.check(open_bundle(export)))


@pytest.mark.parametrize("mode", ["acr", "pairwise", "dcr", "naming"])
def test_a_part_is_exported_with_its_number_and_follows_from_the_seeds(mode: str, tmp_path: Path) -> None:
    study = rated.voted(items=2)
    rated.opened(study, mode=mode, per_person=5, repeats=1)
    for person in study.participants.order_by("pk"):
        rated.rate_all(person)
    export = folder.write(study, tmp_path / "export")
    assert json.loads((export / "study.json").read_text())["rating"]["settings"]["per_person"] == 5
    assert order(export) == []
    change(export, "study.json", lambda document: document["rating"]["settings"].update(per_person=6))
    assert len(order(export)) == 2


@pytest.mark.parametrize(("name", "value"), [("seed", 8), ("repeats", 1), ("hidden_reference", False), ("mode", "dcr")])
def test_a_rating_that_was_not_asked_in_this_order_is_named(export: Path, name: str, value: object) -> None:
    assert order(export) == []
    change(export, "study.json", lambda document: document["rating"]["settings"].update({name: value}))
    lines = order(export)
    assert lines == [] if name == "hidden_reference" else len(lines) == 2  # which pairs do not ask for


def test_two_answers_that_changed_places_are_named(export: Path) -> None:
    rows = (export / "ratings.csv").read_text().splitlines(keepends=True)
    header = rows[0].split(",")
    number = header.index("number")
    one, other = rows[1].split(","), rows[2].split(",")
    one[number], other[number] = other[number], one[number]
    (export / "ratings.csv").write_text("".join([rows[0], ",".join(one), ",".join(other), *rows[3:]]))
    (line,) = order(export)
    assert "does not follow from their seed" in line


def test_a_study_of_impossibly_many_pictures_is_not_followed(export: Path) -> None:
    change(export, "study.json", lambda document: document["rating"]["stimuli"].extend(
        [stimulus(document, "single")] * 1001
    ))  # fmt: skip
    (line,) = order(export)
    assert "more than 1000 rated pictures of one item" in line


def preferences(export: Path) -> list[str]:
    return list(rating_checks.preferences(open_bundle(export)))


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda stated: stated["bradley_terry"]["scores"].__setitem__(0, 9.0), "Preferences, bradley_terry, scores"),
        (lambda stated: stated["bradley_terry"]["low"].__setitem__(0, -9.0), "Preferences, bradley_terry, low"),
        (lambda stated: stated["wins"][0].__setitem__(1, 9.0), "Preferences, wins"),
        (lambda stated: stated["methods"].reverse(), "Preferences, wins"),
        (lambda stated: stated["methods"].__setitem__(0, "other"), "ratings.csv has a pair of"),
        (lambda stated: stated.clear(), "ratings.csv has 60 answers "),
    ],
)
def test_changed_preferences_are_named(export: Path, edit: Callable[[Facts], object], where: str) -> None:
    assert preferences(export) == []
    change(export, "results.json", lambda document: edit(document["evidence"]["preferences"]))
    lines = preferences(export)
    assert lines
    assert any(where in line for line in lines), lines


def test_a_changed_answer_is_named(export: Path) -> None:
    text = (export / "ratings.csv").read_text()
    assert ",first," in text
    (export / "ratings.csv").write_text(text.replace(",first,", ",second,", 1))
    assert any(line.startswith("Preferences, wins") for line in preferences(export))


def test_without_a_rating_phase_there_is_nothing_to_check(tmp_path: Path) -> None:
    export = folder.write(factories.open_study_with_pool(), tmp_path / "export")
    bundle = open_bundle(export)
    checks = (stimulus_checks.pictures, rating_checks.named, rating_checks.preferences)
    assert [line for check in checks for line in check(bundle)] == []


def test_wins_are_those_of_the_answers(study: Study, export: Path) -> None:
    """Each person met 15 pairs of each of two items: 60 wins to share, half of them by who always takes the left."""
    stated = json.loads((export / "results.json").read_text())["evidence"]["preferences"]
    assert np.sum(stated["wins"]) == 60.0
