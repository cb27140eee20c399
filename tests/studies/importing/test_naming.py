"""Importing what people named: one sentence on a label that fits nowhere, also where a forger deceived all checks."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from studies.exports import folder
from studies.importing import import_study
from studies.models import Rating
from tests.studies import factories, named, rated
from tests.studies.exports.test_verify import mend_manifest
from tests.studies.importing.test_importing import forget_everything, nothing_is_here, refused

pytestmark = pytest.mark.django_db


def read(export: Path) -> list[dict[str, str]]:
    with (export / "ratings.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def write(export: Path, rows: list[dict[str, str]]) -> None:
    with (export / "ratings.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    mend_manifest(export)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"label": "7"}, "“7” is none of the study's labels"),
        ({"label": ""}, "label is there where one was given"),
        ({"label": "", "score": "3"}, "score is 1 to 5 where a score was given"),
        ({"preference": "first"}, "preference is there where one was given"),
        ({"other": "control"}, "has no picture “control” of item 0 with this sha256"),
    ],
)
def test_an_answer_that_is_no_name_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    monkeypatch.setattr("studies.importing.importing.verified_bundle", lambda bundle: [])
    export = folder.write(named.study(voters=2), tmp_path / "export")
    forget_everything()
    rows = read(export)
    rows[0].update(values)
    write(export, rows)
    assert said in refused(export)
    nothing_is_here()


def test_ratings_from_before_people_were_asked_to_name_come_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their table has no column for labels."""
    monkeypatch.setattr("studies.importing.importing.verified_bundle", lambda bundle: [])
    study = rated.voted(items=1)
    rated.opened(study)
    rated.rate_all(study.participants.order_by("pk").first(), "4")
    export = folder.write(study, tmp_path / "export", truth=True)
    forget_everything()
    write(export, [{name: value for name, value in row.items() if name != "label"} for row in read(export)])
    import_study(export, factories.user())
    assert set(Rating.objects.values_list("score", "label")) == {(4, "")}
