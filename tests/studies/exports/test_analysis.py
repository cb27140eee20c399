"""Exports of studies with an analysis plan: all ballots are inside, figures without who is left out, checked anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studies.exports import analysis_checks, checks, folder, trial_checks, variant_checks
from studies.exports.bundle import open_bundle
from studies.exports.verify import verify
from studies.models import Observation, Participant, Study
from studies.services.analysis import evaluation, versions
from studies.services.analysis.plan import Plan
from tests.studies import factories, rich

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    plan = Plan(attention=1.0, least_seconds=2, ratio_change=True).as_mapping()
    study = rich.study(plan=plan)
    wrong, right, fast = (rich.take_part(study, label=label) for label in ("5", "6", "6"))
    Observation.objects.filter(trial__participant=right).update(ratio_changes=0)
    Observation.objects.filter(trial__participant=fast).update(picking_ms=100, label_ms=0, ratio_changes=0)
    Observation.objects.filter(trial__participant=wrong).update(ratio_changes=0)
    versions.add(study, study.memberships.get().user, reason="A reviewer asked.", ensemble_size=1)
    for requested in evaluation.request_all(study):
        evaluation.run(requested.pk)
    return study


@pytest.fixture
def exported(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "export")


def changed(exported: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    path = exported / "results.json"
    results = json.loads(path.read_text())
    change(results)
    path.write_text(json.dumps(results))
    return exported


def test_it_verifies_and_names_who_is_left_out(exported: Path, study: Study) -> None:
    assert verify(exported) == []
    results = json.loads((exported / "results.json").read_text())
    wrong, _, fast = study.participants.order_by("pk")
    assert results["excluded"] == [
        {"participant": wrong.code, "simulated": False, "rules": ["attention"]},
        {"participant": fast.code, "simulated": False, "rules": ["least_seconds"]},
    ]
    assert [item["ballots"] for item in results["items"]] == [1, 1]
    beside = {other["name"]: other["ballots"] for other in results["items"][0]["alternatives"]}
    assert beside == {"without exclusions": 3, "as locked": 1}
    assert wrong.code in (exported / "ballots.csv").read_text()


def test_exclusions_that_do_not_follow_from_the_answers_are_found(exported: Path) -> None:
    def add(results: dict[str, Any]) -> None:
        results["excluded"][1]["rules"] = ["attention"]

    bundle = open_bundle(changed(exported, add))
    (sentence,) = analysis_checks.exclusions(bundle)
    assert "fails ['least_seconds']" in sentence


def test_votes_without_the_exclusions_are_other_votes(exported: Path) -> None:
    bundle = open_bundle(changed(exported, lambda results: results.update(excluded=[])))
    assert any("ballots, results.json says 1" in sentence for sentence in checks.votes(bundle))
    assert list(trial_checks.exposed(bundle))


def test_another_analysis_than_was_stated_is_found(exported: Path) -> None:
    def other(results: dict[str, Any]) -> None:
        results["analysis_versions"][1]["analysis"]["ensemble_size"] = 3

    bundle = open_bundle(changed(exported, other))
    found = list(analysis_checks.versions(bundle))
    assert list(checks.selections(bundle))
    assert list(variant_checks.recipes(bundle))
    assert found[0] == "Analysis version 2 is not the one that its sha256 names."


def test_a_first_version_that_is_not_the_protocols_is_found(exported: Path) -> None:
    def other(results: dict[str, Any]) -> None:
        results["protocol"]["ensemble_size"] = 2

    bundle = open_bundle(changed(exported, other))
    assert list(analysis_checks.versions(bundle)) == ["Analysis version 1 has ensemble_size 3, the protocol 2."]


def test_confidence_of_the_plan_is_that_of_the_shares(tmp_path: Path) -> None:
    study = factories.open_study_with_pool(plan=Plan(confidence=0.8).as_mapping())
    factories.vote_all(study, [0])
    written = folder.write(study, tmp_path / "export")
    assert verify(written) == []
    results = json.loads((written / "results.json").read_text())
    assert results["items"][0]["label_shares"][0]["share"]["confidence"] == 0.8
    assert Participant.objects.count() == 1
