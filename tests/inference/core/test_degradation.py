"""Bicubic resizing: equal to MATLAB on the benchmarks, to Keys' kernel by hand, to Pillow away from the border."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.core.degradation import downscale, reduction_matrix, upscale
from inference.core.images import read_image, to_uint8

DATA = Path(os.environ.get("TRUSTSR_TEST_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
PAIRS = sorted((DATA / "sr_benchmarks_x4").glob("Set*/*_HR.png"))

# Keys' kernel (a = -0.5) at 1/4, 3/4, 5/4 and 7/4, computed by hand from equation 15 of the paper.
KEYS = np.array([111, 29, -9, -3]) / 128


@pytest.mark.skipif(not PAIRS, reason="the Set5 and Set14 images are not on this machine")
@pytest.mark.parametrize("path", PAIRS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_equals_the_matlab_images_of_set5_and_set14(path):
    high = read_image(path)
    high = high[: high.shape[0] // 4 * 4, : high.shape[1] // 4 * 4]
    low = to_uint8(read_image(path.with_name(path.name.replace("HR", "LR"))))
    difference = np.abs(to_uint8(downscale(high, 4)).astype(int) - low)
    assert difference.max() <= 1
    np.testing.assert_array_equal(downscale(to_uint8(high), 4), low)


def test_reduction_by_two_has_keys_weights():
    image = np.full((16, 16, 1), 0.5)
    image[:, 8] += 0.25
    row = downscale(image, 2)[4, :, 0]
    np.testing.assert_allclose(row[2:6], 0.5 + 0.125 * KEYS[[3, 1, 0, 2]], atol=1e-12)


def test_enlargement_by_two_has_keys_weights():
    image = np.zeros((9, 9, 1))
    image[4, 4] = 1
    column = upscale(image, 2)[:, 8, 0] / KEYS[0]
    np.testing.assert_allclose(column[9:14], [*KEYS, 0], atol=1e-12)
    np.testing.assert_allclose(column[5:9], KEYS[::-1], atol=1e-12)


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_equals_pillow_away_from_the_border(factor):
    image = 0.3 + 0.4 * np.random.default_rng(1).random((96, 120), dtype=np.float32)
    small = np.asarray(Image.fromarray(image).resize((120 // factor, 96 // factor), Image.Resampling.BICUBIC))
    large = np.asarray(Image.fromarray(image).resize((120 * factor, 96 * factor), Image.Resampling.BICUBIC))
    inside, far = slice(3, -3), slice(3 * factor, -3 * factor)
    np.testing.assert_allclose(downscale(image, factor)[inside, inside], small[inside, inside], atol=2e-6)
    np.testing.assert_allclose(upscale(image, factor)[far, far], large[far, far], atol=2e-6)


def test_the_border_repeats_the_outermost_pixel():
    image = 0.3 + 0.4 * np.random.default_rng(2).random((8, 12, 3))
    padded = np.pad(image, ((16, 16), (16, 16), (0, 0)), mode="edge")
    np.testing.assert_allclose(downscale(image, 4), downscale(padded, 4)[4:-4, 4:-4], atol=1e-12)
    np.testing.assert_allclose(upscale(image, 4), upscale(padded, 4)[64:-64, 64:-64], atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 4, 1), (4, 8, 3), (8, 4)])
def test_images_smaller_than_the_kernel_keep_a_constant(shape):
    np.testing.assert_allclose(downscale(np.full(shape, 0.7), 4), 0.7)
    np.testing.assert_allclose(upscale(np.full(shape, 0.7), 4), 0.7)


def test_a_stack_is_resized_image_by_image():
    stack = np.random.default_rng(3).random((5, 12, 8, 3), dtype=np.float32)
    np.testing.assert_array_equal(downscale(stack, 4), np.stack([downscale(image, 4) for image in stack]))
    np.testing.assert_array_equal(upscale(stack, 3), np.stack([upscale(image, 3) for image in stack]))


def test_precision_follows_the_input():
    assert downscale(np.zeros((8, 8, 1), np.float32), 4).dtype == np.float32
    assert upscale(np.zeros((8, 8, 1), np.float32), 4).dtype == np.float32
    assert downscale(np.zeros((8, 8, 1)), 4).dtype == np.float64
    assert downscale(np.zeros((8, 8, 1), np.uint16), 4).dtype == np.uint16


def test_overshoot_is_clipped_when_reducing_and_kept_when_enlarging():
    edge = np.repeat([0.0, 1.0], 16)[None, :, None] * np.ones((8, 1, 1))
    small, large = downscale(edge[:, 2:-2], 4), upscale(edge, 4)
    assert small.min() == 0
    assert small.max() == 1
    assert large.min() < -0.01
    assert large.max() > 1.01


def test_residuals_keep_their_sign():
    image = np.random.default_rng(4).random((6, 6, 1)) - 0.5
    np.testing.assert_allclose(upscale(-image, 4), -upscale(image, 4), atol=1e-15)


def test_a_size_that_the_factor_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="crop width and height to multiples of 4"):
        downscale(np.zeros((8, 10, 3)), 4)


@pytest.mark.parametrize("factor", [0, -2, 2.5, True])
def test_a_factor_that_is_no_positive_whole_number_is_refused(factor):
    with pytest.raises(ValueError, match="positive whole number"):
        downscale(np.zeros((8, 8, 1)), factor)


def test_shapes_and_types_that_are_no_images_are_refused():
    with pytest.raises(ValueError, match="Expected an image"):
        downscale(np.zeros(8), 4)
    with pytest.raises(ValueError, match="not int64"):
        downscale(np.zeros((8, 8, 1), np.int64), 4)
    with pytest.raises(ValueError, match="to_float first"):
        upscale(np.zeros((8, 8, 1), np.uint8), 4)


def test_the_matrix_of_one_axis_gives_the_same_reduction():
    image = np.random.default_rng(5).random((16, 24))
    rows, columns = reduction_matrix(16, 4), reduction_matrix(24, 4)
    expected = np.clip(np.clip(rows @ image, 0, 1) @ columns.T, 0, 1)
    np.testing.assert_allclose(downscale(image, 4), expected, atol=1e-12)
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    with pytest.raises(ValueError, match="cannot be reduced"):
        reduction_matrix(10, 4)
