"""Metrics against scikit-image, published definitions and values worked out by hand."""

import numpy as np
import pytest
from skimage import metrics as skimage_metrics
from skimage.color import rgb2ycbcr

from inference.core.degradation import downscale
from inference.core.metrics import (
    lr_consistency,
    peak_signal_noise_ratio,
    pixel_diversity,
    structural_similarity,
)


@pytest.fixture(params=[1, 3], ids=["grey", "rgb"])
def pair(request):
    rng = np.random.default_rng(8)
    reference = rng.random((40, 33, request.param), dtype=np.float32)
    return reference, np.clip(reference + 0.1 * rng.standard_normal(reference.shape), 0, 1).astype(np.float32)


def skimage_ssim(reference, image, data_range=1.0):
    return skimage_metrics.structural_similarity(
        reference,
        image,
        data_range=data_range,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )


def test_psnr_equals_scikit_image(pair):
    expected = skimage_metrics.peak_signal_noise_ratio(*pair, data_range=1.0)
    assert peak_signal_noise_ratio(*pair) == pytest.approx(expected, abs=1e-6)


def test_ssim_equals_scikit_image(pair):
    expected = skimage_ssim(*(image.astype(np.float64) for image in pair))
    assert structural_similarity(*pair) == pytest.approx(expected, abs=1e-6)


def test_eight_bit_images_equal_scikit_image(pair):
    first, second = ((255 * image).astype(np.uint8) for image in pair)
    expected = skimage_metrics.peak_signal_noise_ratio(first, second, data_range=255)
    assert peak_signal_noise_ratio(first, second, data_range=255) == pytest.approx(expected, abs=1e-6)
    expected = skimage_ssim(first, second, data_range=255)
    assert structural_similarity(first, second, data_range=255) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("scale", [1, 255])
def test_luma_is_bt601_limited_range_as_in_scikit_image(scale):
    pair = np.random.default_rng(17).random((2, 24, 30, 3))
    luma = [rgb2ycbcr(image.astype(np.float64))[:, :, :1] / 255 for image in pair]
    scaled = [scale * image.astype(np.float64) for image in pair]
    expected = skimage_metrics.peak_signal_noise_ratio(*luma, data_range=1.0)
    assert peak_signal_noise_ratio(*scaled, channels="y", data_range=scale) == pytest.approx(expected, abs=1e-6)
    expected = skimage_ssim(*luma)
    assert structural_similarity(*scaled, channels="y", data_range=scale) == pytest.approx(expected, abs=1e-6)


def test_luma_of_a_grey_image_is_the_image():
    first, second = np.random.default_rng(9).random((2, 20, 20, 1))
    assert peak_signal_noise_ratio(first, second, channels="y") == peak_signal_noise_ratio(first, second)


def test_crop_leaves_the_border_out(pair):
    first, second = pair
    damaged = second.copy()
    damaged[:4], damaged[:, -4:] = 0, 1
    for metric in (peak_signal_noise_ratio, structural_similarity):
        assert metric(first, damaged, crop=4) == metric(first[4:-4, 4:-4], second[4:-4, 4:-4])


def test_equal_images():
    image = np.random.default_rng(10).random((16, 16, 3))
    assert peak_signal_noise_ratio(image, image) == float("inf")
    assert structural_similarity(image, image) == pytest.approx(1)


def test_an_image_smaller_than_the_window_has_no_ssim():
    assert np.isnan(structural_similarity(np.zeros((10, 40, 1)), np.zeros((10, 40, 1))))
    assert structural_similarity(np.zeros((11, 11, 1)), np.zeros((11, 11, 1))) == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": "lab"}, "channels"),
        ({"data_range": 0}, "data range"),
        ({"crop": 8}, "leaves nothing"),
        ({"crop": -1}, "leaves nothing"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message):
    image = np.zeros((16, 16, 3))
    with pytest.raises(ValueError, match=message):
        peak_signal_noise_ratio(image, image, **options)


def test_images_of_different_size_or_without_channels_are_refused():
    with pytest.raises(ValueError, match="differ in size"):
        structural_similarity(np.zeros((16, 16, 3)), np.zeros((16, 15, 3)))
    with pytest.raises(ValueError, match=r"\(H, W, C\)"):
        peak_signal_noise_ratio(np.zeros((16, 16)), np.zeros((16, 16)))


def test_lr_consistency_of_a_perfect_image_is_capped_at_100_db():
    high = np.random.default_rng(11).random((32, 32, 3))
    assert lr_consistency(high, downscale(high, 4), 4) == 100


def test_the_truth_in_eight_bits_is_consistent_with_its_own_image():
    """Both are reduced as NTIRE's programs reduce 8-bit files, with a rounding after each pass."""
    high = np.random.default_rng(3).integers(0, 256, (64, 48, 3), np.uint8)
    assert lr_consistency(high, downscale(high, 4), 4) == 100


def test_lr_consistency_counts_eight_bit_steps():
    """An error of one step everywhere is 10 log10(255^2) = 48.13 dB; less than half a step is none."""
    sr = np.full((32, 32, 1), 100 / 255)
    assert lr_consistency(sr, np.full((8, 8, 1), 101 / 255), 4) == pytest.approx(48.1308, abs=1e-4)
    assert lr_consistency(sr, np.full((8, 8, 1), 101, np.uint8), 4) == pytest.approx(48.1308, abs=1e-4)
    assert lr_consistency(sr, np.full((8, 8, 1), 100.4 / 255), 4) == 100


def test_lr_consistency_of_a_stack_is_one_number_per_image():
    stack = np.random.default_rng(12).random((3, 16, 16, 1))
    low = downscale(stack[1], 4)
    values = lr_consistency(stack, low, 4)
    assert values.shape == (3,)
    assert isinstance(lr_consistency(stack[0], low, 4), float)
    assert values.tolist() == [lr_consistency(image, low, 4) for image in stack]


def test_lr_consistency_refuses_sizes_that_do_not_belong_together():
    with pytest.raises(ValueError, match="need an SR image"):
        lr_consistency(np.zeros((16, 16, 3)), np.zeros((4, 5, 3)), 4)


def test_pixel_diversity_is_on_the_eight_bit_scale():
    """Values 10 and 20 have a standard deviation of 10 / sqrt(2) with divisor N - 1; half the pixels differ."""
    samples = np.full((2, 4, 4, 1), 10, np.uint8)
    samples[1, :2] = 20
    assert pixel_diversity(samples) == pytest.approx(10 / np.sqrt(2) / 2)
    assert pixel_diversity(samples / 255) == pytest.approx(10 / np.sqrt(2) / 2)
    assert np.isnan(pixel_diversity(samples[:1]))
