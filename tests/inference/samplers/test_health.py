"""Faults of single pictures: found where they are, and not where a picture is merely sharp."""

from __future__ import annotations

import numpy as np
import pytest

from inference.core.degradation import downscale, upscale
from inference.samplers.health import COLOUR_CAST, DEAD, NOT_FINITE, PATCH_EXPLOSION, fault


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
    assert fault(pair[0], pair[1], 4) == ""


def test_bicubic_is_fine(pair):
    assert fault(upscale(pair[1], 4), pair[1], 4) == ""


def test_one_value_that_is_not_finite(pair):
    high = pair[0].copy()
    high[3, 5, 1] = np.inf
    assert fault(high, pair[1], 4) == NOT_FINITE


def test_a_flat_picture_of_an_image_that_is_not(pair):
    assert fault(np.full_like(pair[0], pair[1].mean()), pair[1], 4) == DEAD


def test_a_flat_picture_of_a_flat_image_is_fine():
    assert fault(np.full((32, 32, 1), 0.5, np.float32), np.full((8, 8, 1), 0.5, np.float32), 4) == ""


def test_a_pink_cast(pair):
    high = pair[0] * [0.8, 1, 1] + np.array([0.2, 0, 0])
    assert fault(high.astype(np.float32), pair[1], 4) == COLOUR_CAST


def test_an_exploded_patch(pair):
    high = pair[0].copy()
    high[16:32, 32:48] = np.random.default_rng(1).integers(0, 2, (16, 16, 1))
    assert fault(high, pair[1], 4) == PATCH_EXPLOSION


def test_values_far_outside_the_range(pair):
    high = pair[0].copy()
    high[:8, :8] = 7.0
    assert fault(high, pair[1], 4) == PATCH_EXPLOSION


@pytest.mark.parametrize("size", [(16, 20), (28, 28), (132, 188)])
def test_any_size(size):
    high = np.random.default_rng(0).random((*size, 1), np.float32) * 0.2 + 0.4
    assert fault(high, downscale(high, 4), 4) == ""
