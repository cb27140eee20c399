"""Naming in an export: answers and figures, worked out again; right labels are hidden like the truths."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studies.exports import folder, levels, naming_checks
from studies.exports.bundle import open_bundle
from studies.exports.right_labels import HIDDEN
from studies.exports.verify import verify
from studies.importing import import_study
from studies.models import Item, Kind, Study
from studies.services.analysis.plan import Plan
from tests.studies import factories, named, rated
from tests.studies.importing.test_importing import forget_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return named.study(items=2)


def rows(export: Path, name: str) -> list[dict[str, str]]:
    with (export / name).open(newline="") as file:
        return list(csv.DictReader(file))


def naming(export: Path) -> Any:
    return json.loads((export / "results.json").read_text())["evidence"]["naming"]


@pytest.mark.parametrize("level", levels.LEVELS)
@pytest.mark.parametrize("truth", [False, True])
def test_every_level_verifies_and_right_labels_come_with_the_truths(
    study: Study, tmp_path: Path, level: str, truth: bool
) -> None:
    export = folder.write(study, tmp_path / "export", level=level, truth=truth)
    assert verify(export) == []
    answers = rows(export, "ratings.csv")
    assert [row["label"] for row in answers].count("6") == 10
    assert {row["score"] for row in answers} == {""}
    assert {row["expected_label"] for row in rows(export, "trials.csv")} == ({"6"} if truth else {""})
    assert {row["right"] for row in rows(export, "trials.csv")} == ({"false"} if truth else {""})
    setting = json.loads((export / "study.json").read_text())
    assert {item["expected_label"] for item in setting["items"]} == ({"6"} if truth else {""})
    found = naming(export)
    assert (found["right"]["reason"], bool(found["right"]["pooled"])) == (("", True) if truth else (HIDDEN, False))
    assert found["items"][0]["shifts"]["ensemble"]["changed"] == 5


def test_attention_checks_keep_the_answer_they_are_judged_by(study: Study, tmp_path: Path) -> None:
    Item.objects.filter(study=study, position=1).update(kind=Kind.ATTENTION)
    export = folder.write(study, tmp_path / "export")
    assert {row["kind"]: row["expected_label"] for row in rows(export, "trials.csv")} == {"main": "", "attention": "6"}


CHANGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a share": (
        lambda found: found["items"][0]["conditions"]["ensemble"][1].update(value=0.9), "Naming, items",
    ),
    "who changed": (
        lambda found: found["items"][1]["shifts"]["control"].update(changed=1), "Naming, items",
    ),
    "a test": (
        lambda found: found["right"]["pooled"]["mcnemar"]["ensemble"]["people"].update(value=0.01),
        "Naming, right, pooled, mcnemar, ensemble, people, value",
    ),
    "how many people": (lambda found: found.update(people=7), "Naming, people"),
    "how many are simulated": (lambda found: found.update(simulated=1), "Naming, simulated"),
    "all of it": (lambda found: found.clear(), "makes nothing of them"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_figure_is_named(study: Study, tmp_path: Path, name: str) -> None:
    export = folder.write(study, tmp_path / "export", truth=True)
    change, words = CHANGES[name]
    results = json.loads((export / "results.json").read_text())
    change(results["evidence"]["naming"])
    (export / "results.json").write_text(json.dumps(results))
    (line,) = naming_checks.check(open_bundle(export))
    assert line.startswith("Naming")
    assert words in line


def test_a_changed_answer_is_named(study: Study, tmp_path: Path) -> None:
    export = folder.write(study, tmp_path / "export", truth=True)
    text = (export / "ratings.csv").read_text()
    assert text.count(",6,") >= 10
    (export / "ratings.csv").write_text(text.replace(",,6,", ",,5,", 1))
    assert list(naming_checks.check(open_bundle(export)))


@pytest.mark.parametrize("truth", [False, True])
def test_a_study_comes_over_with_its_right_labels_where_the_truths_do(
    study: Study, tmp_path: Path, truth: bool
) -> None:
    export = folder.write(study, tmp_path / "export", truth=truth)
    forget_everything()
    found = import_study(export, factories.user()).study
    assert set(found.items.values_list("expected_label", flat=True)) == ({"6"} if truth else {""})
    again = folder.write(found, tmp_path / "again", truth=truth)
    assert without_inputs(naming(again)) == without_inputs(naming(export))
    assert (again / "ratings.csv").read_bytes() == (export / "ratings.csv").read_bytes()


def without_inputs(value: Any) -> Any:
    """Digests of what estimators were given, which name people by their numbers here."""
    if isinstance(value, dict):
        return {name: without_inputs(entry) for name, entry in value.items() if name != "inputs"}
    return [without_inputs(entry) for entry in value] if isinstance(value, list) else value


def test_whose_ballots_are_left_out_does_not_name_either(tmp_path: Path) -> None:
    """Three see the attention check rightly, one does not."""
    study = factories.open_study_with_pool(items=2, truth=True, plan=Plan(attention=1.0).as_mapping())
    Item.objects.filter(study=study, position=1).update(kind=Kind.ATTENTION, expected_label="5")
    for label in ("5", "5", "6", "5"):
        factories.vote_all(study, [0, 1], label)
    rated.opened(rated.close(study), mode="naming")
    for person in study.participants.all():
        rated.rate_all(person, "6")
    named.worked_out(study)
    for level in levels.LEVELS:
        export = folder.write(study, tmp_path / level, level=level)
        assert verify(export) == []
        assert naming(export)["people"] == 3
        assert naming(export)["items"][0]["shifts"]["ensemble"]["people"] == 3
