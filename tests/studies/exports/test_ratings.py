"""Ratings in an export: the long form, the pictures that were rated, and what a public one leaves out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from studies.exports import archive, levels, verify
from studies.models import Stimulus, Study
from studies.services import enrolment
from studies.services.opinions import methods
from tests.studies import rated

pytestmark = pytest.mark.django_db


def exported(study: Study, **options: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(archive.stream(study, **options)))) as found:
        return {name.partition("/")[2]: found.read(name) for name in found.namelist()}


def table(files: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["ratings.csv"].decode())))


@pytest.fixture
def study() -> Study:
    made = rated.voted(items=2)
    rated.opened(made, repeats=1)
    rated.rate_all(made.participants.order_by("pk").first(), "4")
    return made


def test_every_rating_is_a_row_with_its_picture(study: Study) -> None:
    files = exported(study)
    rows = table(files)
    assert [row["number"] for row in rows] == [str(number) for number in range(1, 12)]
    assert {row["score"] for row in rows} == {"4"}
    assert [row["repeat"] for row in rows] == ["0"] * 10 + ["1"]
    stimuli = json.loads(files["study.json"])["rating"]["stimuli"]
    assert {(row["stimulus"], row["stimulus_sha256"]) for row in rows} == {
        (one["condition"], one["sha256"]) for one in stimuli
    }
    for one in stimuli:
        if one["kind"] != "reference":
            assert hashlib.sha256(files[one["path"]]).hexdigest() == one["sha256"]


def test_the_truth_is_inside_only_where_it_is_asked_for(study: Study) -> None:
    """1.15 (10): also not as the hidden reference."""
    truths = {
        hashlib.sha256(data).hexdigest() for path, data in exported(study, truth=True).items() if "truth/" in path
    }
    assert truths
    assert not truths & {hashlib.sha256(data).hexdigest() for data in exported(study).values()}


def test_pairs_have_both_pictures_and_the_preference() -> None:
    made = rated.voted(items=1)
    rated.opened(made, mode="pairwise")
    rated.rate_all(made.participants.first(), "second")
    rows = table(exported(made))
    assert len(rows) == 10
    assert {row["preference"] for row in rows} == {"second"}
    assert {row["score"] for row in rows} == {""}
    assert all(row["other"] and row["other_sha256"] and row["other"] != row["stimulus"] for row in rows)


def test_who_left_is_not_there(study: Study) -> None:
    enrolment.withdraw(study.participants.order_by("pk").first())
    assert table(exported(study)) == []


def test_the_public_learns_scores_but_neither_order_nor_screen(study: Study) -> None:
    rows = table(exported(study, level=levels.PUBLIC))
    assert len(rows) == 11
    assert set(rows[0]) & {"turn", "number", "pixel_ratio", "enlargement"} == set()
    assert {row["participant"] for row in rows} <= {"1", "2"}
    assert all(len(row["answered_at"]) == 10 for row in rows)


@pytest.mark.parametrize("mode", ["acr", "dcr"])
def test_the_public_cannot_tell_a_hidden_truth_by_its_hash(mode: str) -> None:
    made = rated.voted(items=1)
    rated.opened(made, mode=mode)
    rated.rate_all(made.participants.order_by("pk").first(), "4")
    hashes = set(Stimulus.objects.filter(kind="reference").values_list("sha256", flat=True))
    for truth in (False, True):
        files = exported(made, level=levels.PUBLIC, truth=truth)
        named = {name for name in ("study.json", "ratings.csv") if any(one.encode() in files[name] for one in hashes)}
        assert named == ({"study.json", "ratings.csv"} if truth else set())
        assert [row["stimulus"] for row in table(files)].count("reference") == 1


def test_the_public_has_neither_uploads_nor_when_people_came_to_rate() -> None:
    made = rated.voted(items=1)
    methods.add(made, "EDSR", rated.method_files(made, name="{item}.png"))
    rated.opened(made)
    rated.rate_all(made.participants.order_by("pk").first(), "4")
    internal, public = exported(made), exported(made, level=levels.PUBLIC)
    assert {"raters.csv", "methods/000/00.png"} <= internal.keys()
    assert not {"raters.csv", "methods/000/00.png"} & public.keys()
    design = json.loads(public["study.json"])
    assert design["methods"] == []
    assert "times" not in design["rating"]


def test_a_picture_that_was_changed_is_named(study: Study, tmp_path: Path) -> None:
    for name, data in exported(study).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    said = "stimuli/001/00-ensemble.png is not the file that study.json names."
    assert said not in verify.verify(tmp_path)
    (tmp_path / "stimuli/001/00-ensemble.png").write_bytes(b"another")
    assert said in verify.verify(tmp_path)


def test_without_a_rating_phase_the_table_is_empty() -> None:
    files = exported(rated.voted(items=1))
    assert table(files) == []
    assert json.loads(files["study.json"])["rating"] is None
