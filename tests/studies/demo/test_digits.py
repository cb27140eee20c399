"""The example studies' items are real digits of scikit-learn, and hard ones."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from studies.demo.digits import ambiguous, hardest


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


def test_the_ambiguous_ones_are_small_faint_and_in_doubt() -> None:
    """Bicubic averages of 8x8 pixels: digits 20 pixels high touch only the middle of a frame of 32."""
    data = load_digits()
    for digit in ambiguous(6):
        assert (digit.image.shape, digit.image.dtype) == ((4, 4, 1), np.uint8)
        assert digit.label == data.target[digit.number]
        assert 1 < digit.entropy < 2, "between two and four readings"
        middle, whole = digit.image[1:3, 1:3].astype(int).sum(), digit.image.astype(int).sum()
        assert 0.6 * whole < middle < whole
    assert [digit.number for digit in ambiguous(3)] == [digit.number for digit in ambiguous(6)[:3]]
