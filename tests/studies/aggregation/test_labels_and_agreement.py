"""Verdicts and agreement, worked out by hand."""

import math

import pytest

from studies.aggregation.agreement import mean_jaccard
from studies.aggregation.labels import majority


def test_the_most_frequent_label_wins():
    verdict = majority(["5"] * 22 + ["6"] * 8)
    assert (verdict.value, verdict.count, verdict.total) == ("5", 22, 30)


def test_a_tie_has_no_winner_whatever_the_order():
    for labels in (["5", "6"], ["6", "5"]):
        assert majority(labels).value is None
        assert majority(labels).tied == ("5", "6")


def test_no_labels_no_verdict():
    assert majority([]).value is None
    assert "no labels" in majority([]).reason


def test_mean_jaccard_over_all_pairs():
    # Pairs by hand: {1,2}-{2,3}: 1/3; {1,2}-{1,2}: 1; {2,3}-{1,2}: 1/3.
    agreement = mean_jaccard([{1, 2}, {2, 3}, {1, 2}, set()])
    assert agreement.value == pytest.approx((1 / 3 + 1 + 1 / 3) / 3)
    assert agreement.count == 3


def test_one_set_of_picks_agrees_with_nobody():
    assert math.isnan(mean_jaccard([{1}, set()]).value)
    assert "fewer than two" in mean_jaccard([{1}]).reason


def test_numbers_of_ballots_will_do_instead_of_labels():
    assert majority({"5": 22, "6": 8, "cannot tell": 0}).value == "5"
    assert majority({"5": 0, "6": 0}).reason == majority([]).reason
