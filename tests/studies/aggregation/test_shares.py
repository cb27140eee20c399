"""Tests of shares and their ambiguity."""

import itertools
import math

import pytest
from scipy.stats import chisquare

from studies.aggregation.shares import ambiguity, binomial_test, goodness_of_fit


def test_22_of_30_against_one_half():
    assert binomial_test(22, 30).value == pytest.approx(0.0161248, abs=5e-8)  # R's binom.test(22, 30)


def test_the_least_significant_majority_of_some_studies():
    """Protocol notes, section 0: 9 of 10, 15 of 20, 21 of 30, 33 of 50, 61 of 100."""
    for least, people in ((9, 10), (15, 20), (21, 30), (33, 50), (61, 100)):
        assert binomial_test(least, people).value <= 0.05 < binomial_test(least - 1, people).value


def test_without_ballots_nothing_is_tested():
    for found in (binomial_test(0, 0), goodness_of_fit([0, 0, 0]), ambiguity([0, 0])):
        assert math.isnan(found.value)
        assert "no observations" in found.reason
    assert "fewer than two labels" in goodness_of_fit([4]).reason


def test_impossible_numbers_are_refused():
    with pytest.raises(ValueError, match="31 successes in 30"):
        binomial_test(31, 30)
    with pytest.raises(ValueError, match="sum to 1"):
        goodness_of_fit([3, 4], expected=[0.5, 0.6])
    with pytest.raises(ValueError, match="each label"):
        goodness_of_fit([3, -4])


@pytest.mark.parametrize(("counts", "expected"), [([22, 8], None), ([16, 18, 16, 14, 12, 12], None),
                                                  ([315, 108, 101, 32], [9 / 16, 3 / 16, 3 / 16, 1 / 16])])  # fmt: skip
def test_many_ballots_are_tested_by_chi_square(counts, expected):
    """The last row is Mendel's peas: chi-square 0.470, 3 degrees of freedom."""
    theirs = chisquare(counts, None if expected is None else [share * sum(counts) for share in expected])
    found = goodness_of_fit(counts, expected=expected)
    assert (found.value, found.statistic) == pytest.approx((theirs.pvalue, theirs.statistic), abs=1e-12)
    assert found.method == "chi-square"


def test_few_ballots_are_tested_exactly():
    """By hand: of 81 ways to label four ballots, 3 agree and 24 have a single dissenter: (3 + 24) / 81."""
    found = goodness_of_fit([3, 1, 0])
    assert found.value == pytest.approx(1 / 3)
    assert found.method == "exact multinomial"


def test_the_exact_test_agrees_with_listing_every_ballot():
    shares, counts = (0.5, 0.3, 0.2), (1, 2, 5)

    def statistic(table):
        return sum((n - 8 * p) ** 2 / (8 * p) for n, p in zip(table, shares, strict=True))

    p = 0.0
    for ballots in itertools.product(range(3), repeat=8):
        table = tuple(ballots.count(label) for label in range(3))
        if statistic(table) >= statistic(counts) - 1e-9:
            p += math.prod(shares[label] for label in ballots)
    assert goodness_of_fit(counts, expected=shares).value == pytest.approx(p, abs=1e-9)


def test_too_many_tables_are_drawn_from_a_stored_seed():
    counts = [9, 4, 3, 1, 1, 0, 0, 0]
    with pytest.raises(ValueError, match="stored seed"):
        goodness_of_fit(counts)
    found = goodness_of_fit(counts, seed=4)
    assert found == goodness_of_fit(counts, seed=4)
    assert (found.draws, found.seed, found.method) == (10_000, 4, "random draws")


def test_draws_agree_with_the_exact_test(monkeypatch):
    exact = goodness_of_fit([5, 3, 2, 0], expected=[0.3, 0.3, 0.3, 0.1]).value
    monkeypatch.setattr("studies.aggregation.shares.MOST_TABLES", 0)
    drawn = goodness_of_fit([5, 3, 2, 0], expected=[0.3, 0.3, 0.3, 0.1], seed=1).value
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 10_000))


def test_ambiguity_of_the_papers_digit():
    """Entropy of 22 and 8 of 30: 0.836641 bits (-22/30 log2 22/30 - 8/30 log2 8/30), of at most log2 3 for 3 labels."""
    found = ambiguity([22, 8, 0])
    assert found.value == pytest.approx(0.8366407, abs=5e-8)
    assert found.normalised == pytest.approx(0.8366407 / 1.5849625, abs=1e-7)
    assert (ambiguity([30, 0]).value, ambiguity([15, 15]).normalised) == (0, 1)
    assert math.isnan(ambiguity([30]).normalised)
