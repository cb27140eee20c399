"""Bradley-Terry strengths: Agresti's baseball teams, and cases with an answer on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.aggregation.pairwise import bradley_terry

#: American League East 1987, games won by the row over the column (Agresti, Categorical Data Analysis, 2nd edition,
#: table 10.10): Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore.
BASEBALL = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]


def test_baseball_teams_as_fitted_by_the_r_package_bradleyterry2():
    """Turner and Firth, Journal of Statistical Software 48 (2012): strengths and errors, over Baltimore."""
    fit = bradley_terry(BASEBALL)
    scores, spread = np.array(fit.scores), np.array(fit.covariance)
    over = scores[:-1] - scores[-1]
    errors = np.sqrt(np.diag(spread)[:-1] + spread[-1, -1] - 2 * spread[:-1, -1])
    assert over == pytest.approx([1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839], abs=5e-5)
    assert errors == pytest.approx([0.3433, 0.3396, 0.3367, 0.3359, 0.3339, 0.3319], abs=5e-5)
    assert fit.count == 273
    assert scores.sum() == pytest.approx(0)


def test_expected_wins_are_those_observed():
    """The likelihood equations of Bradley and Terry (1952)."""
    fit, wins = bradley_terry(BASEBALL), np.array(BASEBALL)
    expected = (wins + wins.T) / (1 + np.exp(np.subtract.outer(fit.scores, fit.scores).T))
    assert expected.sum(axis=1) == pytest.approx(wins.sum(axis=1), abs=1e-6)


def test_two_contestants_on_paper():
    """Log odds of 12 to 4, its variance 1/12 + 1/4; each score is half of it away from the mean."""
    fit = bradley_terry([[0, 12], [4, 0]])
    assert fit.scores[0] - fit.scores[1] == pytest.approx(math.log(3))
    assert fit.errors == pytest.approx([math.sqrt(1 / 12 + 1 / 4) / 2] * 2)
    assert (fit.low[0], fit.high[0]) == pytest.approx(
        (fit.scores[0] - 1.959964 * fit.errors[0], fit.scores[0] + 1.959964 * fit.errors[0])
    )


def test_ties_count_half():
    assert bradley_terry([[0, 2.5], [1.5, 0]]).scores[0] == pytest.approx(math.log(2.5 / 1.5) / 2)


@pytest.mark.parametrize("wins", [[[0, 3], [0, 0]], [[0, 2, 3], [1, 0, 4], [0, 0, 0]]])
def test_without_a_way_back_strengths_are_undefined(wins):
    fit = bradley_terry(wins)
    assert all(map(math.isnan, (*fit.scores, *fit.low, *fit.high, *fit.errors)))
    assert "won, or lost, every comparison" in fit.reason


def test_contestants_who_never_met_are_undefined():
    fit = bradley_terry([[0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 2], [0, 0, 1, 0]])
    assert "never compared" in fit.reason


def test_added_wins_make_strengths_finite_and_are_stated():
    fit = bradley_terry([[0, 3], [0, 0]], alpha=0.5)
    assert fit.scores[0] - fit.scores[1] == pytest.approx(math.log(3.5 / 0.5))
    assert (fit.alpha, fit.count, fit.reason) == (0.5, 3, "")


@pytest.mark.parametrize("size", [0, 1, 3])
def test_no_comparisons_are_undefined_with_a_reason(size):
    fit = bradley_terry(np.zeros((size, size)))
    assert len(fit.scores) == size
    assert fit.reason == "undefined: there are no comparisons yet"


@pytest.mark.parametrize("wins", [[[0, 1]], [[1, 2], [2, 0]], [[0, -1], [1, 0]], [[0, math.nan], [1, 0]]])
def test_wins_that_make_no_sense_are_refused(wins):
    with pytest.raises(ValueError, match="Wins are"):
        bradley_terry(wins)
