"""Expected calibration error by hand, and what exact shares give by chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inference.evaluation.calibration import every_share, expected_calibration_error, top_label


def counts(*rows: dict[int, int]) -> np.ndarray:
    """Counts per label from one dictionary per image."""
    return np.array([[row.get(label, 0) for label in range(10)] for row in rows])


def test_shares_that_come_true_as_often_as_they_say_have_no_error():
    # Of ten digits with seven samples in ten for one label, seven are that label.
    table = counts(*[{5: 7, 6: 3}] * 10)
    truths = [5] * 7 + [6] * 3
    assert top_label(table, truths).error == pytest.approx(0, abs=1e-12)
    assert every_share(table, truths).error == pytest.approx(0, abs=1e-12)


def test_unanimous_and_right_has_no_error():
    found = top_label(counts({3: 10}, {4: 10}), [3, 4])
    assert (found.error, found.by_chance, found.forecasts) == (0, 0, 2)


def test_overconfidence_by_hand():
    assert top_label(counts({1: 10}, {2: 10}), [1, 7]).error == pytest.approx(0.5)
    # Two bins: 0.9 said and 1 happened (2 of 5), 0.6 said and 1/3 happened (3 of 5).
    shares, outcomes = [0.9, 0.9, 0.6, 0.6, 0.6], [1, 1, 1, 0, 0]
    assert expected_calibration_error(shares, outcomes) == pytest.approx(2 / 5 * 0.1 + 3 / 5 * (0.6 - 1 / 3))


def test_a_share_on_the_border_of_two_bins_belongs_to_the_lower_one():
    # 0.3 is the end of the third bin; 0.1 + 0.2 is 0.30000000000000004.
    apart = expected_calibration_error([0.1 + 0.2, 0.31], [1, 0])
    assert apart == pytest.approx((0.7 + 0.31) / 2)
    assert expected_calibration_error([0.3, 0.29], [1, 0]) == pytest.approx(abs(1 - 0.59) / 2)


def test_every_share_leaves_out_labels_that_no_sample_shows():
    found = every_share(counts({1: 6, 7: 4}), [2])
    assert found.forecasts == 2
    assert found.error == pytest.approx(0.5)
    assert {(part.count, part.share, part.frequency) for part in found.bins} == {(1, 0.6, 0), (1, 0.4, 0)}


def test_among_tied_labels_one_is_taken_at_random():
    # Half of the samples say 1, half 7: whichever is taken, it is right in half of the cases.
    assert top_label(counts({1: 5, 7: 5}), [7]).error == pytest.approx(0)
    assert top_label(counts({1: 5, 7: 5}), [3]).error == pytest.approx(0.5)


def test_few_digits_have_an_error_by_chance_which_more_digits_lower():
    few = top_label(counts(*[{5: 7, 6: 3}] * 10), [5] * 10)
    many = top_label(counts(*[{5: 7, 6: 3}] * 1000), [5] * 1000)
    assert few.error == pytest.approx(0.3)
    # The mean absolute error of a binomial share: sum_k C(10, k) 0.7^k 0.3^(10 - k) |k / 10 - 0.7|.
    exact = sum(math.comb(10, k) * 0.7**k * 0.3 ** (10 - k) * abs(k / 10 - 0.7) for k in range(11))
    assert few.by_chance == pytest.approx(exact, abs=0.01)
    assert many.by_chance < 0.02
    assert few.by_chance < few.by_chance_high < 0.35


def test_chance_gives_each_digit_one_true_label():
    # Both labels of one digit lie in one bin, and just one of them is true, whichever: 0.5 said, 0.5 happened.
    assert every_share(counts(*[{1: 5, 7: 5}] * 4), [1, 1, 7, 7]).by_chance == 0


def test_no_forecasts_no_error():
    assert math.isnan(expected_calibration_error([], []))
