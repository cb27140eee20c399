"""Intervals of shares. Numbers marked R are those of the protocol paper's 22 of 30, computed with other programs."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.proportion import multinomial_proportions_confint

from studies.aggregation.intervals import clopper_pearson, e_value, simultaneous, wilson


@pytest.mark.parametrize(
    ("successes", "low", "high"),
    [(22, 0.55552, 0.85817), (8, 0.14183, 0.44448), (0, 0, 0.11351), (30, 0.88649, 1)],  # R
)
def test_wilson_of_thirty(successes, low, high):
    interval = wilson(successes, 30)
    assert interval.value == pytest.approx(successes / 30)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-6)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_clopper_pearson_of_22_in_30():
    interval = clopper_pearson(22, 30)
    assert (interval.low, interval.high) == pytest.approx((0.54111, 0.87721), abs=5e-6)  # R


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (3, 7), (50, 100), (999, 1000)])
def test_intervals_agree_with_scipy(successes, trials, confidence):
    test = binomtest(successes, trials)
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = test.proportion_ci(confidence, method)
        interval = ours(successes, trials, confidence=confidence)
        assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize("method", [wilson, clopper_pearson])
def test_no_observations_are_undefined_with_a_reason(method):
    interval = method(0, 0)
    assert all(math.isnan(number) for number in (interval.value, interval.low, interval.high))
    assert "no observations" in interval.reason


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(successes, trials):
    for method in (wilson, clopper_pearson, e_value):
        with pytest.raises(ValueError, match=f"{successes} successes in {trials}"):
            method(successes, trials)


def test_e_value_of_22_in_30_is_far_from_the_20_that_is_needed():
    assert e_value(22, 30).value == pytest.approx(4.3, abs=0.05)  # R


def test_e_value_starts_at_one_and_has_expectation_one_under_chance():
    assert e_value(0, 0).value == 1
    trials = 12
    mean = sum(math.comb(trials, k) / 2**trials * e_value(k, trials).value for k in range(trials + 1))
    assert mean == pytest.approx(1)


def test_goodman_agrees_with_statsmodels():
    for counts in ([56, 72, 73, 59, 62, 87, 68], [22, 8, 0], [1, 2]):
        theirs = multinomial_proportions_confint(counts, 0.05, method="goodman")
        ours = [(interval.low, interval.high) for interval in simultaneous(counts)]
        assert np.array(ours) == pytest.approx(theirs, abs=1e-9)


def test_sison_glaz_of_a_sparse_table():
    found = simultaneous([1, 1, 0, 0, 0, 0, 0], method="sison_glaz")
    assert [one.low for one in found] == pytest.approx([0.5] * 2 + [0] * 5, abs=1e-6)  # R's package MultinomialCI
    assert [one.high for one in found] == pytest.approx([1] * 2 + [0.9655815875] * 5, abs=1e-6)


def test_simultaneous_intervals_are_wider_than_single_ones():
    single, several = wilson(22, 30), simultaneous([22, 8, 0])[0]
    assert several.low < single.low < single.high < several.high
    assert (several.value, several.confidence, several.name) == (22 / 30, 0.95, "goodman")


def test_simultaneous_intervals_without_ballots_or_sense():
    assert all(math.isnan(one.value) and "no observations" in one.reason for one in simultaneous([0, 0]))
    with pytest.raises(ValueError, match="each label"):
        simultaneous([3, -1])
    with pytest.raises(ValueError, match="no method"):
        simultaneous([3, 1], method="bonferroni")
