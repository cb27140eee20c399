"""The stand-in for a learned distance: what any distance must do, and what makes it one of edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from inference.evaluation import structure
from inference.evaluation.structure import NAME


def against(truth: np.ndarray):
    """Of one image at a time."""
    mapped = structure.against(truth)
    return lambda image: mapped(image[None])[0]


def picture(height: int = 33, width: int = 21, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(28, 28, 1), (33, 21, 3), (16, 16, 1)])
def test_an_image_is_not_different_from_itself(shape):
    image = picture(*shape)
    found = against(image)(image)
    assert found.shape == shape[:2]
    assert np.abs(found).max() == 0


def test_it_is_symmetric_positive_and_bounded():
    first, second = picture(), picture()[::-1]
    there, back = against(first)(second), against(second)(first)
    assert np.allclose(there, back, atol=1e-6)
    assert there.min() >= 0
    assert there.max() <= 2


def test_unrelated_and_missing_edges_are_about_one():
    texture = picture(64, 64, 1)
    other = np.random.default_rng(9).integers(0, 256, (64, 64, 1), dtype=np.uint8)
    assert against(texture)(other).mean() == pytest.approx(1, abs=0.1)
    assert against(texture)(np.full_like(texture, 128)).mean() == pytest.approx(1, abs=0.1)


def test_brightness_alone_does_not_count_and_more_blur_counts_more():
    truth = (gaussian_filter(picture(48, 48, 1).astype(float), (1, 1, 0)) * 0.6 + 40).astype(np.uint8)
    distance = against(truth)
    blurred = [gaussian_filter(truth.astype(float), (sigma, sigma, 0)).astype(np.uint8) for sigma in (0.7, 1.5, 3)]
    values = [float(distance(one).mean()) for one in blurred]
    assert distance((truth + 20).astype(np.uint8)).max() < 1e-6
    assert values == sorted(values)
    assert values[0] > 0.05


def test_a_change_stays_where_it_is():
    truth = picture(64, 64, 1)
    changed = truth.copy()
    changed[:8, :8] = 255 - changed[:8, :8]
    found = against(truth)(changed)
    assert found[:8, :8].mean() > 0.5
    assert found[48:, 48:].max() == 0


def test_it_is_deterministic_and_named_as_what_it_is():
    truth, image = picture(), picture()[:, ::-1]
    assert against(truth)(image).tobytes() == against(truth)(image).tobytes()
    assert "stand-in" in NAME


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="differ in size"):
        against(picture())(picture(12, 12))


def test_images_are_measured_together_as_alone():
    truth, images = picture(), np.stack([picture()[::-1], picture()[:, ::-1]])
    together = structure.against(truth)(images)
    assert np.array_equal(together, np.stack([against(truth)(image) for image in images]))
