"""How far a choice depends on who voted, in the words of the results page."""

from __future__ import annotations

import pytest

from studies.reports.stable import stable
from studies.services import results
from studies.services.analysis import evidence_work
from tests.studies import factories

pytestmark = pytest.mark.django_db


def told(*picks: list[int]) -> list[str]:
    study = factories.open_study_with_pool(pool_size=6, ensemble_size=2)
    for picked in picks:
        factories.vote_all(study, picked)
    evidence_work.run(study)
    return stable(results.collect(study).items[0])


def test_unanimous_choice() -> None:
    agreed, resampled, one_less = told(*[[0, 1]] * 8)
    assert "more than random ones do (mean Jaccard index 1.00" in agreed
    assert "the same samples in 100\u00a0% of 1,000 resamples, and each of these in 100\u00a0%" in resampled
    assert one_less == "Without any one participant, the same samples are chosen."


def test_a_choice_that_hangs_on_one_person() -> None:
    """Samples 0 and 1 have a vote each; without either of these people another sample is the second."""
    *_, one_less = told([0], [1], [2])
    assert "the selection changes for 2 of 3, and no pixel by more than" in one_less


def test_one_person_agrees_with_nobody() -> None:
    agreed, resampled, _one_less = told([0])
    assert "undefined: fewer than two participants have picked" in agreed
    assert resampled == "How stable the choice is, is undefined: there are fewer than two ballots."


def test_nothing_is_said_of_what_is_not_worked_out() -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0])
    assert stable(results.collect(study).items[0]) == []
