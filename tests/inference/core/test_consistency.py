"""Back-projection: any image is brought onto the images that downscale to the LR image."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from inference.core.consistency import project
from inference.core.degradation import downscale
from inference.core.metrics import lr_consistency


@pytest.fixture
def truth():
    noise = np.random.default_rng(5).random((64, 48, 3))
    smooth = gaussian_filter(noise, 3, axes=(0, 1))
    return np.clip(0.5 + 4 * (smooth - 0.5), 0.05, 0.95)


@pytest.fixture
def low(truth):
    return np.round(downscale(truth, 4) * 255) / 255


def test_two_iterations_pass_the_ntire_threshold(truth, low):
    """Corruption as measured for the design: noise of 0.05 and a cast of 0.03 start near 30 dB."""
    bad = np.clip(truth + 0.03 + 0.05 * np.random.default_rng(6).standard_normal(truth.shape), 0, 1)
    values = [lr_consistency(project(bad, low, 4, iterations=n), low, 4) for n in (0, 1, 2, 5)]
    assert values[0] < 32
    assert values == sorted(values)
    assert values[2] >= 45


def test_a_consistent_image_stays(truth):
    np.testing.assert_allclose(project(truth, downscale(truth, 4), 4), truth, atol=1e-6)


def test_no_iterations_change_nothing(truth, low):
    np.testing.assert_array_equal(project(truth, low, 4, iterations=0), truth.astype(np.float32))


def test_a_stack_shares_one_low_resolution_image(truth, low):
    stack = np.random.default_rng(7).random((3, *truth.shape), dtype=np.float32)
    result = project(stack, low, 4)
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 1
    np.testing.assert_array_equal(result, np.stack([project(image, low, 4) for image in stack]))


def test_sizes_that_do_not_belong_together_are_refused(truth, low):
    with pytest.raises(ValueError, match="need an SR image of shape"):
        project(truth[:-4], low, 4)
    with pytest.raises(ValueError, match="Expected SR"):
        project(truth, low[:, :, 0], 4)


def test_negative_iterations_are_refused(truth, low):
    with pytest.raises(ValueError, match="0 or more"):
        project(truth, low, 4, iterations=-1)
