"""Faults of single pictures: found where they are, and not where a picture is merely sharp."""

from __future__ import annotations

import numpy as np
import pytest

from inference.core.degradation import downscale, upscale
from inference.samplers.health import COLOUR_CAST, DEAD, NOT_FINITE, PATCH_EXPLOSION, Health


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A sharp picture with strokes and texture, and its low-resolution image."""
    random = np.random.default_rng(0)
    high = np.full((64, 64, 3), 0.2, np.float32)
    high[10:54, 20:26] = 0.9
    high[30:36, 8:56] = 0.95
    high = np.clip(high + random.normal(0, 0.05, high.shape), 0, 1).astype(np.float32)
    return high, downscale(high, 4)


def test_a_sharp_picture_is_fine(pair):
    assert Health(pair[1], 4).fault(pair[0]) == ""


def test_bicubic_is_fine(pair):
    assert Health(pair[1], 4).fault(upscale(pair[1], 4)) == ""


def test_one_value_that_is_not_finite(pair):
    high = pair[0].copy()
    high[3, 5, 1] = np.inf
    assert Health(pair[1], 4).fault(high) == NOT_FINITE


def test_a_flat_picture_of_an_image_that_is_not(pair):
    assert Health(pair[1], 4).fault(np.full_like(pair[0], pair[1].mean())) == DEAD


def test_a_flat_picture_of_a_flat_image_is_fine():
    assert Health(np.full((8, 8, 1), 0.5, np.float32), 4).fault(np.full((32, 32, 1), 0.5, np.float32)) == ""


def test_a_pink_cast(pair):
    high = pair[0] * [0.8, 1, 1] + np.array([0.2, 0, 0])
    assert Health(pair[1], 4).fault(high.astype(np.float32)) == COLOUR_CAST


def test_an_exploded_patch(pair):
    high = pair[0].copy()
    high[16:32, 32:48] = np.random.default_rng(1).integers(0, 2, (16, 16, 1))
    assert Health(pair[1], 4).fault(high) == PATCH_EXPLOSION


@pytest.mark.parametrize("side", [28, 32])
@pytest.mark.parametrize("place", [slice(0, 12), slice(-12, None)])
def test_an_exploded_patch_of_a_digit(side, place):
    """A frame of a digit is two blocks wide: there the reduced picture tells."""
    high = np.zeros((side, side, 1), np.float32)
    high[6:22, 12:16] = 1
    low = downscale(high, 4)
    assert Health(low, 4).fault(high) == ""
    high[place, place] = np.random.default_rng(1).integers(0, 2, (12, 12, 1))
    assert Health(low, 4).fault(high) == PATCH_EXPLOSION


def test_a_flat_coloured_picture_is_dead(pair):
    low = np.clip(pair[1] * np.array([1.0, 0.6, 0.3], np.float32), 0, 1)
    assert Health(low, 4).fault(np.ones_like(pair[0]) * low.mean(axis=(0, 1))) == DEAD


def test_values_far_outside_the_range(pair):
    high = pair[0].copy()
    high[:8, :8] = 7.0
    assert Health(pair[1], 4).fault(high) == PATCH_EXPLOSION


@pytest.mark.parametrize("size", [(16, 20), (28, 28), (132, 188)])
def test_any_size(size):
    high = np.random.default_rng(0).random((*size, 1), np.float32) * 0.2 + 0.4
    assert Health(downscale(high, 4), 4).fault(high) == ""
