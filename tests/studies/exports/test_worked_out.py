"""Evidence in an export: each figure is worked out again from its votes and samples, and named when it differs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studies.exports import compared_checks, evidence_checks, folder, rating_checks
from studies.exports.bundle import open_bundle
from studies.exports.verify import verify
from studies.services import lifecycle
from studies.services.analysis import evaluation, evidence_work
from studies.services.simulated import simulated_ratings
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db

PICKS = (([0, 1], "5"), ([0, 2], "5"), ([0, 1], "6"), ([3], "cannot tell"), ([], "cannot tell"))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    study = factories.open_study_with_pool(items=2, truth=True, pool_size=6, ensemble_size=2)
    for picks, label in PICKS:
        factories.vote_all(study, picks, label)
    assert evidence_work.run(study).error == ""
    folder.write(study, tmp_path / "export")
    return tmp_path / "export"


def found(export: Path, change: Callable[[dict[str, Any]], None]) -> list[str]:
    path = export / "results.json"
    results = json.loads(path.read_text())
    change(results)
    path.write_text(json.dumps(results))
    bundle = open_bundle(export)
    return [*evidence_checks.items(bundle), *evidence_checks.study(bundle), *compared_checks.study(bundle)]


def test_nothing_differs_in_a_true_export(exported: Path) -> None:
    assert verify(exported) == []
    assert (
        json.loads((exported / "results.json").read_text())["items"][0]["evidence"]["picks"]["bootstrap"]["count"] == 5
    )


def test_the_order_of_rows_does_not_matter(exported: Path) -> None:
    path = exported / "ballots.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n")
    assert found(exported, lambda results: None) == []


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "inclusion": (
        lambda results: results["items"][0]["evidence"]["picks"]["bootstrap"]["inclusion"].__setitem__(1, 0.9),
        "bootstrap, inclusion",
    ),
    "e-value": (
        lambda results: results["items"][1]["evidence"]["labels"]["e_value"].update(value=20.0),
        "e_value, value",
    ),
    "convergence": (
        lambda results: results["items"][0]["evidence"]["picks"]["picture"]["convergence"]["median"].__setitem__(0, 99),
        "picture, convergence, median",
    ),
    "a figure taken away": (
        lambda results: results["items"][0]["evidence"]["picks"].pop("split_half"),
        "split_half",
    ),
    "agreement": (
        lambda results: results["evidence"]["labels"]["krippendorff"].update(value=0.9),
        "Agreement on labels, krippendorff, value",
    ),
    "a method's test": (
        lambda results: results["evidence"]["methods"]["psnr"]["friedman"].update(value=0.001),
        "Methods by psnr, friedman, value",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_figure_is_named(exported: Path, name: str) -> None:
    change, words = CHANGES[name]
    lines = found(exported, change)
    assert lines
    assert any(words in line for line in lines), lines


@pytest.fixture
def rated_export(tmp_path: Path) -> Path:
    study = factories.open_study_with_pool(items=2, truth=True, pool_size=6, ensemble_size=2)
    for _ in range(4):
        factories.vote_all(study, [0, 1], simulated=True)
    lifecycle.close_study(study)
    for made in evaluation.request_all(study):
        evaluation.run(made.pk)
    rated.opened(study, repeats=1)
    simulated_ratings.simulate(study, count=4, seed=1)
    assert evidence_work.run(study).error == ""
    folder.write(study, tmp_path / "export")
    return tmp_path / "export"


def test_opinion_scores_follow_from_the_ratings(rated_export: Path) -> None:
    assert verify(rated_export) == []
    results = json.loads((rated_export / "results.json").read_text())
    assert results["evidence"]["opinion"]["observers"] == 4


@pytest.mark.parametrize("method", ["mos", "bootstrap", "p913"])
def test_a_changed_opinion_score_is_named(rated_export: Path, method: str) -> None:
    path = rated_export / "results.json"
    results = json.loads(path.read_text())
    results["evidence"]["opinion"][method]["scores"][0] += 0.1
    path.write_text(json.dumps(results))
    (line,) = rating_checks.opinions(open_bundle(rated_export))
    assert line.startswith(f"Opinion scores, {method}, scores")
