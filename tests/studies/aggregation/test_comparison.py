"""Methods against each other, by textbooks, scipy, statsmodels and scikit-posthocs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import PermutationMethod, wilcoxon
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests

from studies.aggregation.comparison import cochran_q, friedman_nemenyi, mcnemar, wilcoxon_holm

#: Depression before and after (Hollander and Wolfe, Nonparametric Statistical Methods, 1973), in R's wilcox.test.
FIRST = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
SECOND = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
#: Seconds to round first base in three ways (the same book), in R's friedman.test.
ROUNDING = np.array(
    [
        (5.40, 5.50, 5.55), (5.85, 5.70, 5.75), (5.20, 5.60, 5.50), (5.55, 5.50, 5.40), (5.90, 5.85, 5.70),
        (5.45, 5.55, 5.60), (5.40, 5.40, 5.35), (5.45, 5.50, 5.35), (5.25, 5.15, 5.00), (5.85, 5.80, 5.70),
        (5.25, 5.20, 5.10), (5.65, 5.55, 5.45), (5.60, 5.35, 5.45), (5.05, 5.00, 4.95), (5.50, 5.50, 5.40),
        (5.45, 5.55, 5.50), (5.55, 5.55, 5.35), (5.45, 5.50, 5.55), (5.50, 5.45, 5.25), (5.65, 5.60, 5.40),
        (5.70, 5.65, 5.55), (6.30, 6.30, 6.25),
    ]
)  # fmt: skip


def test_wilcoxon_of_the_depression_scale():
    """R's documentation: p = 0.01953 one-sided."""
    tests = wilcoxon_holm([FIRST, SECOND])
    assert [(pair.first, pair.second, pair.units) for pair in tests.pairs] == [(0, 1, 9)]
    assert tests.pairs[0].p == pytest.approx(2 * 0.01953, abs=1e-5)
    assert tests.pairs[0].adjusted == tests.pairs[0].p
    assert tests.pairs[0].difference == pytest.approx(0.49)


@pytest.mark.parametrize("units", [6, 11, 30])
def test_exact_p_agrees_with_scipy(units):
    scores = np.random.default_rng(units).normal([[0.4], [0]], 1, (2, units))
    ours = wilcoxon_holm(scores).pairs[0].p
    assert ours == pytest.approx(wilcoxon(*scores, method="exact").pvalue, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_exact_p_with_equal_differences_agrees_with_all_permutations_of_scipy(seed):
    scores = np.random.default_rng(seed).integers(1, 6, size=(2, 11))
    kept = scores[:, scores[0] != scores[1]]
    theirs = wilcoxon(*kept, method=PermutationMethod(n_resamples=np.inf)).pvalue
    assert wilcoxon_holm(scores).pairs[0].p == pytest.approx(theirs, abs=1e-9)


def test_many_images_agree_with_scipys_approximation():
    scores = np.random.default_rng(4).normal([[0.05], [0]], 1, (2, 900))
    theirs = wilcoxon(*scores, method="asymptotic").pvalue
    assert wilcoxon_holm(scores).pairs[0].p == pytest.approx(theirs, abs=1e-9)
    assert wilcoxon_holm(scores[:, :500]).pairs[0].p == pytest.approx(
        wilcoxon(*scores[:, :500], method="asymptotic").pvalue, abs=1e-3
    )


def test_holm_agrees_with_statsmodels():
    scores = np.random.default_rng(2).normal(size=(5, 14)) + np.linspace(0, 1.5, 5)[:, None]
    tests = wilcoxon_holm(scores)
    theirs = multipletests([pair.p for pair in tests.pairs], method="holm")[1]
    assert [pair.adjusted for pair in tests.pairs] == pytest.approx(theirs, abs=1e-9)


def test_one_method_against_all_others_pays_for_fewer_tests():
    """Holm over the comparisons with one method alone, by statsmodels."""
    scores = np.random.default_rng(2).normal(size=(5, 14)) + np.linspace(0, 1.5, 5)[:, None]
    tests = wilcoxon_holm(scores, against=4)
    assert [(pair.first, pair.second) for pair in tests.pairs] == [(4, 0), (4, 1), (4, 2), (4, 3)]
    p = [wilcoxon(scores[4], scores[other], method="exact").pvalue for other in range(4)]
    assert [pair.adjusted for pair in tests.pairs] == pytest.approx(multipletests(p, method="holm")[1], abs=1e-9)
    assert tests.least == pytest.approx(4 * 2 / 2**14)


def test_ten_images_and_ten_methods_can_show_a_difference_against_one_but_not_among_all():
    """Of the protocol paper's second task: 45 pairs of ten images have p = 0.088 at the least, nine have 0.018."""
    scores = np.random.default_rng(0).normal(size=(10, 10))
    assert wilcoxon_holm(scores).least == pytest.approx(45 * 2 / 2**10)
    assert "too few for any difference" not in wilcoxon_holm(scores, against=0).limits


def test_the_least_p_of_ten_images_is_stated():
    """Of the protocol paper's second task: 2 / 2^10 at best for a pair."""
    better = wilcoxon_holm([np.arange(10) + 1, np.zeros(10)])
    assert better.pairs[0].p == pytest.approx(0.00195, abs=5e-6)
    assert better.limits == "10 images allow p = 0.00195 at the least for a pair."
    three = wilcoxon_holm([np.arange(10) + 1, np.zeros(10), np.arange(10) + 2])
    assert three.limits == "10 images allow p = 0.00195 at the least for a pair, 0.00586 after Holm over 3 pairs."
    assert min(pair.adjusted for pair in three.pairs) == pytest.approx(three.least)


def test_too_few_images_for_any_difference_to_show():
    tests = wilcoxon_holm(np.random.default_rng(0).normal(size=(5, 7)))
    assert tests.least == pytest.approx(10 * 2 / 2**7)
    assert "too few for any difference" in tests.limits
    assert all(pair.adjusted > 0.05 for pair in tests.pairs)


def test_pairs_that_never_differ_or_never_meet_are_undefined_and_no_tests():
    nan = math.nan
    scores = [[1, 2, 3, 4, 5, 6, nan], [1, 2, 3, 4, 5, 6, nan], [nan] * 6 + [1], [2, 3, 5, 4.5, 6, 7, 1]]
    pairs = {(pair.first, pair.second): pair for pair in wilcoxon_holm(scores).pairs}
    assert "same score" in pairs[0, 1].reason
    assert "no image has both" in pairs[0, 2].reason
    assert math.isnan(pairs[0, 1].p)
    assert math.isnan(pairs[0, 1].adjusted)
    assert pairs[0, 3].p == pytest.approx(2 / 2**6)
    assert pairs[0, 3].adjusted == pytest.approx(2 * 2 / 2**6)  # of two tests, not of six


def test_rounding_errors_are_no_differences():
    assert "same score" in wilcoxon_holm([[0.1 + 0.2, 0.7], [0.3, 0.7]]).pairs[0].reason


def test_friedman_of_rounding_first_base():
    """R's documentation: chi-squared 11.143, p = 0.003805."""
    found = friedman_nemenyi(ROUNDING.T, higher_is_better=False)
    assert found.statistic == pytest.approx(11.1429, abs=5e-5)
    assert found.value == pytest.approx(0.003805, abs=5e-7)
    assert found.count == 22


def test_nemenyi_agrees_with_scikit_posthocs():
    """posthoc_nemenyi_friedman of scikit-posthocs 0.17.1."""
    found = friedman_nemenyi(ROUNDING.T, higher_is_better=False)
    assert [pair.adjusted for pair in found.pairs] == pytest.approx([0.63742717, 0.00440982, 0.06137076], abs=1e-8)
    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("methods", "units", "critical"),
    [
        (5, 10, 1.929),
        (4, 14, 2.569 * math.sqrt(4 * 5 / (6 * 14))),
        (2, 30, None),
        (10, 20, 3.164 * math.sqrt(110 / 120)),
    ],
)
def test_critical_differences(methods, units, critical):
    """q of Demsar (2006), table 5a: 2.569 for 4 classifiers, 3.164 for 10. Two methods are a case for Wilcoxon."""
    found = friedman_nemenyi(np.random.default_rng(1).normal(size=(methods, units)))
    assert found.critical == pytest.approx(critical, abs=1e-3) if critical else math.isnan(found.critical)


def test_ranks_begin_at_the_best():
    scores = [[1, 1, 1], [3, 3, 2], [2, 2, 3]]
    assert friedman_nemenyi(scores).ranks == pytest.approx((3, 4 / 3, 5 / 3))
    assert friedman_nemenyi(scores, higher_is_better=False).ranks == pytest.approx((1, 8 / 3, 7 / 3))


def test_groups_hold_what_the_critical_difference_does_not_separate():
    """Scores in the same order everywhere: mean ranks 5 to 1, and 10 images separate ranks that are 1.929 apart."""
    found = friedman_nemenyi(np.arange(5)[:, None] * np.ones(10))
    assert found.ranks == (5, 4, 3, 2, 1)
    assert found.groups == ((4, 3), (3, 2), (2, 1), (1, 0))
    assert friedman_nemenyi(np.arange(5)[:, None] * np.ones(4)).groups == ((4, 3, 2, 1), (3, 2, 1, 0))
    assert friedman_nemenyi(np.arange(3)[:, None] * np.ones(60)).groups == ()


def test_incomplete_images_are_left_out_of_friedman():
    holed = np.column_stack([ROUNDING.T, [5, math.nan, 6]])
    found, whole = friedman_nemenyi(holed), friedman_nemenyi(ROUNDING.T)
    assert (found.value, found.ranks, found.count) == (whole.value, whole.ranks, 22)


def test_methods_with_gaps_are_left_out_of_friedman_rather_than_most_images():
    """A fourth way that one player tried: the other three are as they were, by R's documentation."""
    once = np.vstack([[5.5, *[math.nan] * 21], ROUNDING.T])
    found, whole = friedman_nemenyi(once, higher_is_better=False), friedman_nemenyi(ROUNDING.T, higher_is_better=False)
    assert (found.left_out, found.count, found.value) == ((0,), 22, whole.value)
    assert math.isnan(found.ranks[0])
    assert found.ranks[1:] == whole.ranks
    assert [(pair.first, pair.second, pair.adjusted) for pair in found.pairs] == [
        (pair.first + 1, pair.second + 1, pair.adjusted) for pair in whole.pairs
    ]
    assert found.groups == tuple(tuple(row + 1 for row in group) for group in whole.groups)
    assert whole.left_out == ()


def test_power_is_that_of_the_pairs_and_not_of_the_images_that_all_have():
    """Ten images, of which another method has five: its pairs have p = 0.0625 at the least, ours 0.00195."""
    scores = np.random.default_rng(1).normal(size=(3, 10))
    scores[2, 5:] = math.nan
    found = wilcoxon_holm(scores)
    assert found.count == 10
    assert found.least == pytest.approx(3 * 2 / 2**10)
    assert found.limits == (
        "5 to 10 images, by pair, allow p = 0.00195 at the least for a pair, 0.00586 after Holm over 3 pairs; 2 of "
        "the pairs have too few for any difference to show."
    )


def test_pairs_that_never_meet_are_not_paid_for():
    scores = [[1.0, 2, 3, 4, 5, 6, math.nan], [2.0, 3, 4, 5, 6, 7, math.nan], [*[math.nan] * 6, 1.0]]
    found = wilcoxon_holm(scores)
    assert found.limits == "6 images allow p = 0.0312 at the least for a pair."
    assert found.pairs[0].adjusted == found.least == pytest.approx(2 / 2**6)


def test_friedman_without_variation_or_data_is_undefined_in_words():
    assert "same scores" in friedman_nemenyi(np.ones((3, 5))).reason
    for shape in ((2, 5), (3, 1), (3, 0), (0, 0)):
        found = friedman_nemenyi(np.ones(shape))
        assert math.isnan(found.value)
        assert "three methods" in found.reason
    assert wilcoxon_holm(np.ones((1, 5))).reason == "undefined: a comparison needs two methods"
    assert wilcoxon_holm(np.ones((2, 0))).pairs[0].reason == "undefined: no image has both scores"


@pytest.mark.parametrize(("both", "lost", "gained", "neither"), [(59, 6, 16, 80), (794, 150, 86, 570), (3, 0, 1, 2)])
def test_mcnemar_agrees_with_statsmodels(both, lost, gained, neither):
    before = [1] * (both + lost) + [0] * (gained + neither)
    after = [1] * both + [0] * lost + [1] * gained + [0] * neither
    found = mcnemar(before, after)
    theirs = contingency_tables.mcnemar([[both, lost], [gained, neither]], exact=True)
    assert found.value == pytest.approx(theirs.pvalue, abs=1e-9)
    assert (found.gained, found.lost, found.count) == (gained, lost, both + lost + gained + neither)


def test_mcnemar_where_nobody_changed_is_undefined():
    found = mcnemar([True, False], [True, False])
    assert math.isnan(found.value)
    assert found.reason == "undefined: nobody changed"
    assert "5 changes allow p = 0.0625" in mcnemar([0] * 5, [1] * 5).limits


def test_mcnemar_needs_pairs_of_right_or_wrong():
    with pytest.raises(ValueError, match="give pairs"):
        mcnemar([1], [1, 0])
    with pytest.raises(ValueError, match=r"right \(1\) or wrong \(0\)"):
        mcnemar([1, math.nan], [1, 0])


def test_cochran_q_agrees_with_statsmodels():
    table = (np.random.default_rng(3).random((40, 4)) < [0.4, 0.5, 0.6, 0.8]).astype(int)
    found, theirs = cochran_q(table), contingency_tables.cochrans_q(table)
    assert (found.statistic, found.value) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-9)


@pytest.mark.parametrize("table", [np.ones((5, 3)), np.zeros((0, 3)), np.eye(1)])
def test_cochran_q_without_variation_is_undefined(table):
    assert math.isnan(cochran_q(table).value)
    assert "alike under all conditions" in cochran_q(table).reason
