"""Importing ratings and uploaded methods: the same evidence of them, or one sentence on what does not fit."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from studies.errors import LifecycleError
from studies.exports import folder
from studies.exports.verify import verify
from studies.importing import import_study
from studies.models import Evaluation, Method, MethodImage, Rating, RatingPhase, Study
from studies.services import enrolment, rating
from studies.services.analysis import evidence_work
from studies.services.opinions import methods, rating_phase, ratings, stimuli
from tests.studies import factories, rated
from tests.studies.exports.test_verify import mend_manifest
from tests.studies.importing.test_importing import forget_everything, leave_out, nothing_is_here, refused

pytestmark = [pytest.mark.django_db, pytest.mark.both]


#: Settings of a phase that asks each person for a part of all ratings.
PART = {"per_person": 5, "instructions": "Look.", "translations": {"de": "Schauen Sie."}}


def rated_study(mode: str, **settings: Any) -> Study:
    """Two who rate all and one who stops; one left; one method of every item, another of the first alone."""
    study = rated.voted(items=2, voters=4)
    files = rated.method_files(study)
    methods.add(study, "EDSR", files)
    methods.add(study, "RCAN", files[:1])
    phase = rated.opened(study, mode=mode, repeats=2, **settings)
    first, second, third, left = study.participants.order_by("pk")
    rated.rate_all(second)
    rated.rate_all(left)
    rated.rate_all(first)
    one = rating.current(rating.begin(third))
    assert one is not None
    rating.shown(one)
    told = {"response_ms": "1500", "hidden_ms": "20", "pixel_ratio": "1.25", "enlargement": "2"}
    rated.give(one, rated.answers(mode)[0], measured=told)
    enrolment.withdraw(left)
    rating_phase.close_phase(phase)
    return work_out(study)


def work_out(study: Study) -> Study:
    """With all figures, which `rated.voted` leaves out, and evidence."""
    Evaluation.objects.filter(item__study=study).update(made_at=None)
    assert evidence_work.run(study).error == ""
    return study


def exported(study: Study, path: Path, **options: Any) -> Path:
    """An export of an installation that is gone."""
    folder.write(study, path, **options)
    forget_everything()
    return path


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rated") / "export"


@pytest.fixture
def export(db: None, original: Path, tmp_path: Path) -> Path:
    if not original.exists():
        exported(rated_study("acr"), original, truth=True)
    return shutil.copytree(original, tmp_path / "export")


def evidence(path: Path) -> Any:
    found = json.loads((path / "results.json").read_text())
    return found["evidence"], [item["evidence"]["methods"] for item in found["items"]]


def phase_told(path: Path) -> Any:
    return json.loads((path / "results.json").read_text())["rating"]


def same_files(path: Path, again: Path, *names: str) -> None:
    for name in names:
        assert (again / name).read_bytes() == (path / name).read_bytes(), name


@pytest.mark.parametrize(
    ("mode", "part"), [("acr", "opinion"), ("dcr", "opinion"), ("pairwise", "preferences"), ("naming", "naming")]
)
def test_ratings_give_the_same_evidence(mode: str, part: str, tmp_path: Path) -> None:
    study = rated_study(mode, **(PART if mode == "pairwise" else {}))
    before, twice = (ratings.matrix(study), ratings.wins(study)), ratings.repeats(study)
    path = exported(study, tmp_path / "export", truth=True)
    found = import_study(path, factories.user())
    again = folder.write(found.study, tmp_path / "again", truth=True)
    assert found.left_out == ()
    assert evidence(again) == evidence(path)
    assert evidence(again)[0][part] != {}
    assert phase_told(again) == phase_told(path)
    assert phase_told(again)["people"] == 3
    same_files(path, again, "ratings.csv", "raters.csv", "participants.csv", "study.json")
    assert verify(again) == []
    assert ratings.repeats(found.study) == twice
    scores, wins = ratings.matrix(found.study), ratings.wins(found.study)
    if before[0] is not None and scores is not None:
        assert np.array_equal(scores.scores, before[0].scores, equal_nan=True)
        assert scores.observers == before[0].observers
    if before[1] is not None and wins is not None:
        assert wins.conditions == before[1].conditions
        assert np.array_equal(wins.wins, before[1].wins)
    assert {"EDSR", "RCAN", "bicubic"} == set(evidence(again)[1][0])
    assert evidence(again)[1][1].keys() == {"EDSR", "bicubic"}


def test_methods_come_over_without_a_rating_phase(tmp_path: Path) -> None:
    study = rated.voted(items=1)
    methods.add(study, "EDSR", rated.method_files(study))
    path = exported(work_out(study), tmp_path / "export")
    found = import_study(path, factories.user())
    again = folder.write(found.study, tmp_path / "again")
    assert evidence(again)[1][0].keys() == {"EDSR", "bicubic"}
    same_files(path, again, "study.json", "methods/000/00.png")


def test_every_picture_that_was_rated_is_there_and_the_phase_stays_closed(export: Path) -> None:
    study = import_study(export, factories.user()).study
    phase = study.rating_phase
    assert phase.closed_at is not None
    assert all(stimuli.png(one).startswith(b"\x89PNG") for one in phase.stimuli.all())
    with pytest.raises(LifecycleError, match="These ratings were imported"):
        rating_phase.open_phase(phase)


def test_without_the_truths_their_ratings_count_alike(tmp_path: Path) -> None:
    study = rated_study("acr")
    path = exported(study, tmp_path / "export")
    assert not (path / "truth").exists()
    again = folder.write(import_study(path, factories.user()).study, tmp_path / "again")
    assert evidence(again)[0]["opinion"] == evidence(path)[0]["opinion"]
    same_files(path, again, "ratings.csv", "study.json")


def test_an_export_from_before_says_what_is_not_imported(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(export, lambda design: design.pop("methods"))
    leave_out(export, "raters.csv", "methods/000/00.png", "methods/000/01.png", "methods/001/00.png")
    factories.user("ada")
    call_command("import_study", str(export), owner="ada", verbosity=0)
    assert capsys.readouterr().err == (
        "Not imported: its uploaded methods (EDSR, RCAN), because this export is without their pictures.\n"
        "Not imported: its rating phase with all ratings, because this export is without raters.csv.\n"
    )
    assert not any(model.objects.exists() for model in (Method, RatingPhase, Rating))


def change(export: Path, how: Callable[[Any], Any]) -> None:
    design = json.loads((export / "study.json").read_text())
    how(design)
    (export / "study.json").write_text(json.dumps(design))


def change_table(path: Path, **values: str) -> None:
    """Of the first row."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0].update(values)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        ("ratings", {"participant": "f" * 32}, f"participant {'f' * 32}, number 1: nobody of this pseudonym and turn"),
        ("ratings", {"stimulus": "SwinIR"}, "study.json has no picture “SwinIR” of item"),
        ("ratings", {"item": "7"}, "of item 7 with this sha256"),
        ("ratings", {"stimulus_sha256": "ab" * 32}, "with this sha256"),
        ("ratings", {"score": "6"}, "score is 1 to 5 where a score was given"),
        ("ratings", {"score": ""}, "score is 1 to 5 where a score was given"),
        ("ratings", {"score": "many"}, "ratings.csv, row 1: a value is missing or malformed"),
        ("ratings", {"preference": "first"}, "preference is there where one was given"),
        ("ratings", {"preference": "third"}, "preference cannot be stored here"),
        ("ratings", {"repeat": "2"}, "repeat is 0 or 1"),
        ("ratings", {"number": "2"}, "cannot be imported"),
        ("ratings", {"response_ms": "-1"}, "response_ms cannot be stored here"),
        ("raters", {"participant": "f" * 32}, "nobody of this pseudonym is in participants.csv"),
        ("raters", {"turn": "5"}, "nobody of this pseudonym and turn is in raters.csv"),
        ("raters", {"began_at": ""}, "began_at is empty"),
    ],
)
def test_a_rating_that_fits_nowhere_is_refused_whole(
    export: Path, satisfied: None, table: str, values: dict[str, str], said: str
) -> None:
    change_table(export / f"{table}.csv", **values)
    mend_manifest(export)
    assert said in refused(export)
    assert nothing_is_here()


@pytest.fixture
def satisfied(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a forger had deceived all checks of verification, which name most of what is wrong here first."""
    monkeypatch.setattr("studies.importing.importing.verified_bundle", lambda bundle: [])


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda it: it["rating"]["settings"].update(mode="best"), "The rating phase: mode cannot be stored here"),
        (lambda it: it["rating"]["settings"].update(repeats=51), "The rating phase: repeats cannot be stored here"),
        (lambda it: it["rating"]["times"].update(opened_at="2026-03-01T10:00:00"), "has no time zone"),
        (lambda it: it["rating"]["times"].update(closed_at="2001-03-01T10:00:00Z"), "closed before it was opened"),
        (lambda it: it["rating"]["times"].update(opened_at=None), "rating_closed_after_opened"),
        (lambda it: it["rating"]["settings"].update(per_person=0), "per_person cannot be stored here"),
        (lambda it: it["rating"]["settings"].update(translations=["?"]), "its instructions are malformed"),
        (lambda it: it["rating"]["settings"].update(translations={"de": 5}), "its instructions are malformed"),
        (lambda it: it["rating"]["settings"].update(translations={"de": "x" * 10_001}), "too long to be stored here"),
        (lambda it: it["rating"]["settings"].update(mode="pairwise"), "that are shown in mode pairwise"),
        (lambda it: it["rating"]["stimuli"][0].update(item=9), "malformed (9)"),
        (lambda it: it["rating"]["stimuli"][0].update(kind="method"), "of item 0: the study has no such method"),
        (lambda it: it["rating"]["stimuli"].append(it["rating"]["stimuli"][0]), "study.json has it twice"),
        (lambda it: it.update(rating=None), "study.json has no rating phase"),
        (lambda it: it["methods"][0].update(name="Single"), "“Single” is what our own pictures are called"),
        (lambda it: it["methods"][1].update(name="EDSR"), "cannot be imported"),
        (lambda it: it["methods"][0].update(name="Other"), "the study has no such method"),
        (lambda it: it["methods"][0]["images"][0].update(file_name="x" * 300), "file_name cannot be stored here"),
    ],
)
def test_a_phase_that_cannot_be_one_is_refused_whole(
    export: Path, satisfied: None, how: Callable[[Any], Any], said: str
) -> None:
    change(export, how)
    mend_manifest(export)
    assert said in refused(export)
    assert nothing_is_here()
    assert not MethodImage.objects.exists()


def test_a_picture_of_another_size_is_refused(export: Path, satisfied: None) -> None:
    path = export / "methods/000/00.png"
    path.write_bytes((export / "low_res/000.png").read_bytes())
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    change(export, lambda design: design["methods"][0]["images"][0].update(sha256=sha256))
    mend_manifest(export)
    assert "methods/000/00.png has 8 x 8 pixels instead of 32 x 32" in refused(export)
