"""Padding to sizes that a network can halve."""

from __future__ import annotations

import numpy as np

from inference.samplers.padding import padded


def test_the_image_stays_and_its_edge_is_mirrored():
    image = np.arange(7 * 5, dtype=np.float32).reshape(7, 5, 1)
    result = padded(image, 8)
    assert result.shape == (8, 8, 1)
    assert np.array_equal(result[:7, :5], image)
    assert np.array_equal(result[7, :5], image[6])
    assert np.array_equal(result[:7, 5], image[:, 4])


def test_a_border_wider_than_the_image_repeats_it():
    image = np.random.default_rng(0).random((7, 7, 3), np.float32)
    assert padded(image, 64).shape == (64, 64, 3)


def test_a_fitting_image_is_left_alone():
    image = np.ones((16, 8, 1), np.float32)
    assert np.array_equal(padded(image, 8), image)
