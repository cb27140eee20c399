"""Agreement beyond chance: textbook tables, and the package krippendorff as judge."""

import math

import krippendorff
import numpy as np
import pytest

from studies.aggregation.agreement import fleiss_kappa, krippendorff_alpha, mean_jaccard, randolph_kappa
from studies.aggregation.picking import jaccard_test

#: Fleiss, Psychological Bulletin 76 (1971), as on Wikipedia: 14 raters, 10 subjects, 5 categories.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip

#: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: 4 observers, 12 units.
PAPER = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
RATINGS = [list(unit) for unit in zip(*PAPER, strict=True)]
LEVELS = ("nominal", "ordinal", "interval")


def test_fleiss_own_table():
    kappa = fleiss_kappa(FLEISS)
    assert kappa.value == pytest.approx(0.210, abs=5e-4)
    assert kappa.value == pytest.approx(0.2099307, abs=1e-7)  # statsmodels 0.15: fleiss_kappa(table)
    assert kappa.raw == pytest.approx(0.378, abs=5e-4)  # Wikipedia's P
    assert kappa.count == 10


def test_randolph_of_the_same_table():
    assert randolph_kappa(FLEISS).value == pytest.approx(0.2225275, abs=1e-7)  # statsmodels 0.15: method="randolph"


def test_kappa_is_undefined_without_variation_and_shows_raw_agreement():
    kappa = fleiss_kappa([[5, 0], [5, 0]])
    assert math.isnan(kappa.value)
    assert kappa.raw == 1
    assert "no variation" in kappa.reason
    assert randolph_kappa([[5, 0], [5, 0]]).value == 1


@pytest.mark.parametrize(("table", "reason"), [([], "two ratings"), ([[1, 0]], "two ratings"),
                                               ([[3, 0], [2, 2]], "different numbers")])  # fmt: skip
def test_kappa_needs_as_many_ratings_for_every_unit(table, reason):
    found = fleiss_kappa(table)
    assert math.isnan(found.value)
    assert reason in found.reason


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorffs_own_example(level, value):
    alpha = krippendorff_alpha(RATINGS, level=level)
    assert alpha.value == pytest.approx(value, abs=5e-4)
    assert alpha.count == 11  # the last unit has one rating only
    assert math.isnan(alpha.low)


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_agrees_with_the_package_krippendorff(level):
    rng = np.random.default_rng(7)
    for _ in range(20):
        ratings = rng.integers(1, 6, (8, 5)).astype(float)
        ratings[rng.random(ratings.shape) < 0.3] = np.nan
        theirs = krippendorff.alpha(reliability_data=ratings.T, level_of_measurement=level)
        assert krippendorff_alpha(ratings, level=level).value == pytest.approx(theirs, abs=1e-9)


def test_names_are_nominal_only():
    named = [[None if mark is None else "abcde"[mark - 1] for mark in unit] for unit in RATINGS]
    assert krippendorff_alpha(named, level="nominal").value == krippendorff_alpha(RATINGS, level="nominal").value
    with pytest.raises(ValueError, match="needs numbers"):
        krippendorff_alpha(named, level="ordinal")


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_is_undefined_when_all_agree(level):
    alpha = krippendorff_alpha([[5, 5, 5], [5, 5, None]], level=level, seed=1)
    assert math.isnan(alpha.value)
    assert math.isnan(alpha.low)
    assert alpha.raw == 1
    assert "no variation" in alpha.reason


def test_one_dissenter_gives_no_alpha_but_much_raw_agreement():
    """The trap of the protocol notes, 2.3 (fast-krippendorff, issue 11)."""
    ratings = [["5"] * 10 for _ in range(9)] + [["5"] * 9 + ["6"]]
    alpha = krippendorff_alpha(ratings, level="nominal")
    assert abs(alpha.value) < 0.02
    assert alpha.raw == pytest.approx((9 + 0.8) / 10)  # by hand: 72 of 90 pairs of the last unit agree


@pytest.mark.parametrize("ratings", [[], [[1, None], [None, 2]], [[None, None]]])
def test_alpha_without_pairs(ratings):
    assert "two ratings" in krippendorff_alpha(ratings, level="nominal").reason


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("ratings", [[[1, 2, 2]], [[1, 2, 2], [3, None, None]]])
def test_alpha_of_one_unit_is_undefined_whatever_it_says(level, ratings):
    """Krippendorff's formula gives 0 for any ratings of one unit: what is expected is what is observed."""
    alpha = krippendorff_alpha(ratings, level=level, seed=1)
    assert math.isnan(alpha.value)
    assert math.isnan(alpha.low)
    assert "a single unit" in alpha.reason
    assert alpha.raw == pytest.approx(1 / 3)


def test_alpha_of_very_few_units_has_no_interval():
    found = [krippendorff_alpha(RATINGS[:units], level="nominal", seed=1) for units in (4, 5)]
    assert [math.isfinite(alpha.value) for alpha in found] == [True, True]
    assert [math.isfinite(alpha.low) for alpha in found] == [False, True]
    assert [alpha.resamples for alpha in found] == [0, 1000]


@pytest.mark.parametrize("level", LEVELS)
def test_the_interval_of_alpha_is_that_of_resampled_units(level):
    """Judged by the package: alpha of the very units that were drawn, taken as often as they were drawn."""
    alpha = krippendorff_alpha(RATINGS, level=level, resamples=200, seed=3)
    rng, units = np.random.PCG64(3), np.array(RATINGS[:-1], dtype=float)
    theirs = []
    for _ in range(200):
        drawn = units[(rng.random_raw(11) % 11).astype(int)]
        theirs.append(krippendorff.alpha(reliability_data=drawn.T, level_of_measurement=level))
    assert (alpha.low, alpha.high) == pytest.approx(np.quantile(theirs, [0.025, 0.975]), abs=1e-9)
    assert alpha.low < alpha.value < alpha.high


def test_mean_jaccard_of_more_people_than_fit_into_one_block(monkeypatch):
    picks = [{number % 7, number % 5 + 7} for number in range(40)]
    whole = mean_jaccard(picks).value
    monkeypatch.setattr("studies.aggregation.picking.ROWS", 3)
    assert mean_jaccard(picks).value == pytest.approx(whole, abs=1e-12)


def test_random_picks_agree_as_chance_does():
    """Two of 4 samples each: pairs share 0, 1, 2 picks by 1/6, 4/6, 1/6 (hypergeometric), Jaccard 0, 1/3, 1."""
    rng = np.random.default_rng(2)
    picks = [set(rng.choice(4, 2, replace=False).tolist()) for _ in range(20)]
    found = jaccard_test(picks, 4, seed=5)
    assert found.null_mean == pytest.approx(4 / 6 / 3 + 1 / 6, abs=0.01)
    assert found.statistic == mean_jaccard(picks).value
    assert found.value > 0.05
    assert found == jaccard_test(picks, 4, seed=5)


def test_shared_favourites_beat_chance():
    rng = np.random.default_rng(2)
    picks = [{0, int(rng.integers(1, 324))} for _ in range(30)]
    found = jaccard_test(picks, 324, draws=500, seed=5)
    assert found.value == pytest.approx(1 / 501)
    assert found.statistic > 50 * found.null_mean


def test_of_thousands_two_hundred_are_compared():
    found = jaccard_test([{number % 90, 99} for number in range(3000)], 100, draws=20, seed=1)
    assert (found.count, found.people) == (200, 3000)


def test_too_few_picks_or_picks_outside_the_pool():
    assert "fewer than two" in jaccard_test([{1}, set()], 5, seed=1).reason
    with pytest.raises(ValueError, match="0 to 4"):
        jaccard_test([{5}, {1}], 5, seed=1)
