"""The viewing check in the results, in the report and in what an export says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import timezone

from studies.exports import folder
from studies.exports.verify import verify
from studies.models import Participant, Study, ViewingCheck
from studies.reporting import making
from studies.reports.blocks import Grid, Text
from studies.reports.document import screens
from studies.services import enrolment, results
from studies.services.screens.viewing import BLOCK, Rules
from tests.studies import factories
from tests.studies.exports.test_verify import change_results

pytestmark = pytest.mark.django_db

SIZES = {"window_width": 1200, "window_height": 800, "screen_width": 1920, "screen_height": 1080}


def checked(person: Participant, ratio: float, zoom: float, *failed: str) -> None:
    measured = SIZES | {"pixel_ratio": ratio, "zoom": zoom}
    ViewingCheck.objects.create(participant=person, measured=measured, failed=list(failed))


@pytest.fixture
def study() -> Study:
    """Four people: one passes at once, one at the second look, one never, and one withdraws."""
    asked = Rules(no_zoom=True, plates=2, on_failure=BLOCK).as_mapping()
    made = factories.open_study_with_pool(pool_size=6, viewing=asked)
    first, second, third, gone = (enrolment.enrol(made)[0] for _ in range(4))
    checked(first, 1, 1)
    checked(second, 1.25, 1.25, "no_zoom")
    checked(second, 1, 1)
    checked(third, 2, 1.5, "no_zoom", "plates")
    Participant.objects.filter(pk=third.pk).update(failed_at=timezone.now())
    checked(gone, 3, 1)
    enrolment.withdraw(gone)
    factories.vote_all(made, [0], "5", simulated=True)
    return made


def said(study: Study) -> list[str]:
    blocks = screens.blocks(making.source(study, results.collect(study)))
    return [block.text for block in blocks if isinstance(block, Text)]


def test_the_report_says_how_many_passed_and_what_failed(study: Study) -> None:
    assert said(study) == [
        "3 participants made 4 checks of the screen; 2 passed the last one (67\u00a0%). Who did not pass was not let "
        "in: 1 turned away for good."
    ]
    blocks = screens.blocks(making.source(study, results.collect(study)))
    rules, measured = (block.table.rows for block in blocks if isinstance(block, Grid))
    assert rules == (("No browser zoom", "2", "1"), ("Colour plates", "1", "1"))
    assert measured == (
        ("Pixel ratio", "1", "2", "67\u00a0%"),
        ("Pixel ratio", "2", "1", "33\u00a0%"),
        ("Zoom", "100\u00a0%", "2", "67\u00a0%"),
        ("Zoom", "150\u00a0%", "1", "33\u00a0%"),
    )


def test_a_study_that_asks_nothing_says_so() -> None:
    assert said(factories.open_study_with_pool(pool_size=6)) == [
        "The study asked nothing of screens, so that none was checked."
    ]


def test_a_study_that_only_warns_says_who_went_on_all_the_same() -> None:
    made = factories.open_study_with_pool(pool_size=6, viewing=Rules(no_zoom=True).as_mapping())
    assert said(made) == ["No screen was checked yet."]
    checked(enrolment.enrol(made)[0], 1.5, 1.5, "no_zoom")
    assert said(made) == [
        "1 participant made 1 check of the screen; 0 passed the last one (0\u00a0%). The study only warned: 1 could go "
        "on without having passed."
    ]


def test_an_export_is_verified_and_other_numbers_are_named(study: Study, tmp_path: Path) -> None:
    export = folder.write(study, tmp_path / "export")
    assert verify(export) == []
    assert json.loads((export / "results.json").read_text())["screens"]["passed"] == 2
    change_results(export, lambda found: found["screens"].update(passed=3))
    assert verify(export) == ["Screens, passed: viewing_checks.csv gives 2, results.json says 3."]
