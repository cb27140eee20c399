"""The example study's items are real digits of scikit-learn, and hard ones."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from studies.demo.digits import hardest


def test_they_are_scikit_learns_own_pixels() -> None:
    data = load_digits()
    for digit in hardest(6):
        assert digit.image.shape == (8, 8, 1)
        assert digit.label == data.target[digit.number]
        # 16 ink counts on the scale of 255: a count is 15.94 grey values.
        np.testing.assert_array_equal(np.round(digit.image[..., 0] / 15.9375), data.images[digit.number])


def test_the_hardest_come_first_and_always_the_same() -> None:
    digits = hardest(20)
    entropies = [digit.entropy for digit in digits]
    assert entropies == sorted(entropies, reverse=True)
    assert entropies[-1] > 1, "each leaves a reader in more than one bit of doubt"
    assert [digit.number for digit in hardest(5)] == [digit.number for digit in digits[:5]]
