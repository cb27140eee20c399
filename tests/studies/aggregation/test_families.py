"""Votes by family: shares of picks, what no preference would give, and rates that numbers of candidates do not move."""

from __future__ import annotations

import math

import pytest

from studies.aggregation.families import family_votes


def test_shares_rates_and_their_wilson_intervals() -> None:
    """22 of 30 is [0.556, 0.858] and 8 of 30 [0.142, 0.444] by Wilson (Brown, Cai, DasGupta 2001, as R's binom)."""
    found = family_votes([(["a", "b", "a"], [12, 8, 10], [30] * 3)])
    a, b = found["a"], found["b"]
    assert (a.candidates, a.shown, a.votes) == (2, 60, 22)
    assert (b.candidates, b.shown, b.votes) == (1, 30, 8)
    assert (a.share.low, a.share.high) == pytest.approx((0.556, 0.858), abs=5e-4)
    assert (b.share.low, b.share.high) == pytest.approx((0.142, 0.444), abs=5e-4)
    assert (b.rate.low, b.rate.high) == (b.share.low, b.share.high), "8 votes for 30 showings"
    assert a.rate.value == pytest.approx(22 / 60)


def test_a_family_of_more_candidates_is_expected_to_get_more_picks() -> None:
    found = family_votes([(["few"] + ["many"] * 9, [1] * 10, [2] * 10)])
    assert found["few"].expected == pytest.approx(0.1)
    assert found["many"].expected == found["many"].share.value == pytest.approx(0.9)
    assert found["few"].rate.value == found["many"].rate.value == 0.5


def test_pools_are_weighed_by_their_picks() -> None:
    """Half of one pool of which 8 picks came, none of another with 2 picks: 4 of 10 picks without preference."""
    found = family_votes([(["a", "b"], [4, 4], [4, 4]), (["b", "b"], [1, 1], [2, 2])])
    assert found["a"].expected == pytest.approx(0.4)
    assert found["b"].expected == pytest.approx(0.6)
    assert (found["a"].shown, found["b"].shown) == (4, 8)


def test_nothing_is_guessed_without_picks() -> None:
    found = family_votes([(["a", "b"], [0, 0], [0, 0])])["a"]
    assert math.isnan(found.share.value)
    assert found.share.reason
    assert math.isnan(found.rate.value)
    assert math.isnan(found.expected)
    assert family_votes([]) == {}
