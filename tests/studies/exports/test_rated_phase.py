"""The rating phase in results.json: as study.json and the tables have it, and each forgery is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studies.exports import folder, phase_checks
from studies.exports.bundle import open_bundle
from studies.exports.levels import PUBLIC
from studies.exports.verify import CHECKS
from studies.models import Study
from studies.services import enrolment
from studies.services.opinions import rating_phase
from studies.services.simulated import simulated_ratings
from tests.studies import rated

pytestmark = pytest.mark.django_db

Facts = dict[str, Any]


@pytest.fixture
def study() -> Study:
    """Two people began to rate, one of whom left; two simulated raters."""
    study = rated.voted(items=1, voters=3)
    phase = rated.opened(study, repeats=1, instructions="Look closely.")
    stays, leaves, _ = study.participants.order_by("pk")
    rated.rate_all(stays)
    rated.rate_all(leaves)
    enrolment.withdraw(leaves)
    study.participants.filter(rater=None).update(simulated=True)
    simulated_ratings.simulate(study, count=2, seed=1)
    rating_phase.close_phase(phase)
    return study


@pytest.fixture
def export(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "export")


def told(export: Path, name: str = "results.json") -> Facts:
    return dict(json.loads((export / name).read_text())["rating"])


def said(export: Path) -> list[str]:
    return list(phase_checks.stated(open_bundle(export)))


def test_results_tell_settings_people_and_pictures(export: Path) -> None:
    found, design = told(export), told(export, "study.json")
    assert {name: found[name] for name in design["settings"]} == design["settings"]
    assert (found["mode"], found["repeats"], found["instructions"]) == ("acr", 1, "Look closely.")
    assert (found["people"], found["simulated"]) == (1, len(simulated(export)))
    kinds = [one["kind"] for one in found["stimuli"]]
    assert kinds == ["ensemble", "control", "single", "bicubic", "reference"]
    assert found["stimuli"][2]["provenance"] == design["stimuli"][2]["provenance"]
    assert found["stimuli"][4]["provenance"] == {}
    assert said(export) == []
    assert phase_checks.stated in [check.run for check in CHECKS]


def simulated(export: Path) -> set[str]:
    rows = (export / "ratings.csv").read_text().splitlines()
    column = rows[0].split(",").index("simulated")
    return {row.split(",")[0] for row in rows[1:] if row.split(",")[column] == "true"}


def test_the_public_has_days_and_nothing_that_leads_to_a_truth(study: Study, tmp_path: Path) -> None:
    public = folder.write(study, tmp_path / "public", level=PUBLIC)
    found = told(public)
    assert len(found["opened_at"]) == len("2026-01-01")
    assert [bool(one["sha256"]) for one in found["stimuli"]] == [True, True, True, True, False]
    assert said(public) == []
    whole = folder.write(study, tmp_path / "whole", level=PUBLIC, truth=True)
    assert all(one["sha256"] for one in told(whole)["stimuli"])
    assert said(whole) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda it: it.update(mode="dcr"), "study.json says mode 'acr', results.json says 'dcr'."),
        (lambda it: it.update(repeats=0), "study.json says repeats 1, results.json says 0."),
        (lambda it: it.update(opened_at="2026-01-01T00:00:00+00:00"), "results.json says '2026-01-01T00:00:00+00:00'."),
        (lambda it: it.update(people=40), "raters.csv has 1 people who began, results.json says 40."),
        (
            lambda it: it["stimuli"][2]["provenance"].update(index=5),
            "results.json names other pictures than study.json",
        ),
        (lambda it: it["stimuli"].pop(), "results.json names other pictures than study.json"),
    ],
)
def test_what_was_not_so_is_named(export: Path, edit: Callable[[Facts], object], expected: str) -> None:
    path = export / "results.json"
    results = json.loads(path.read_text())
    edit(results["rating"])
    path.write_text(json.dumps(results))
    (sentence,) = said(export)
    assert expected in sentence


def test_a_phase_that_is_kept_back_is_named_and_old_exports_say_nothing(export: Path) -> None:
    path = export / "results.json"
    results = json.loads(path.read_text())
    path.write_text(json.dumps(results | {"rating": None}))
    assert said(export) == ["results.json and study.json disagree on whether there was a rating phase."]
    del results["rating"]
    path.write_text(json.dumps(results))
    assert said(export) == []
