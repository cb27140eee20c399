"""Diversity, best of n and sharpness, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from inference.evaluation.diversity import (
    best_of,
    curve_places,
    diversity_score,
    gradient_energy,
    spread_by_detail,
)


def test_samples_that_are_all_alike_have_no_diversity():
    field = np.random.default_rng(0).random((5, 4))
    assert diversity_score([field] * 10).score == pytest.approx(0, abs=1e-12)
    assert diversity_score([field]).score == 0


def test_the_score_by_hand():
    # Means of the whole: 3, 2.5, 4; the best of each place: 1, 1, 1, 2.
    maps = np.array([[[1, 1], [4, 6]], [[4, 3], [1, 2]], [[4, 4], [4, 4]]], float)
    found = diversity_score(maps)
    assert (found.global_best, found.local_best, found.samples) == (2.5, 1.25, 3)
    assert found.score == pytest.approx(50)


def test_more_samples_never_lower_what_each_place_can_have():
    maps = np.random.default_rng(1).random((20, 6, 6))
    scores = [diversity_score(maps[:count]).local_best for count in (1, 5, 20)]
    assert scores == sorted(scores, reverse=True)


def test_a_perfect_sample_leaves_nothing_to_compare():
    assert math.isnan(diversity_score([np.zeros((2, 2)), np.ones((2, 2))]).score)


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        diversity_score(np.zeros((0, 2, 2)))


def test_best_of_n_takes_the_first_n():
    assert best_of([20.0, 22.0, 21.0, 25.0], [1, 2, 3, 4], "higher") == [20, 22, 22, 25]
    assert best_of([3.0, 4.0, 1.0], [1, 2, 3], "lower") == [3, 3, 1]


@pytest.mark.parametrize(("count", "places"), [(1, [1]), (4, [1, 2, 3, 4]), (12, [1, 2, 3, 4, 5, 7, 10, 12])])
def test_curves_end_with_all_samples(count, places):
    assert curve_places(count) == places


def test_gradient_energy_by_hand():
    image = np.array([[0, 10, 0], [0, 10, 0]], np.uint8)[..., None]
    assert gradient_energy(image) == 100  # across all differences are 10, down they are 0
    assert gradient_energy(image.transpose(1, 0, 2)) == 100


def test_blur_lowers_the_gradient_energy_and_grey_is_flat():
    sharp = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    blurred = ((sharp[:-1].astype(int) + sharp[1:]) // 2).astype(np.uint8)
    assert gradient_energy(blurred) < gradient_energy(sharp)
    assert gradient_energy(np.full((8, 8, 3), 77, np.uint8)) == 0


def test_spread_is_told_apart_by_what_bicubic_enlargement_lost():
    truth = np.zeros((4, 4, 1), np.uint8)
    bicubic, spread = truth.copy(), np.ones((4, 4, 1))
    bicubic[0, :3], spread[0, :3] = 9, 5.0
    assert spread_by_detail(spread, truth, bicubic) == (5, 1)
    assert all(math.isnan(one) for one in spread_by_detail(spread, truth, truth))
