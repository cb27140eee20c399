"""Ensembles: exact, independent of order, never worse than the average member, and strict about their input."""

import numpy as np
import pytest

from inference.core.ensembling import linear_mean, mean, mean_uint8, median, medoid, medoid_index, spread
from inference.core.images import to_uint8, to_uint16


@pytest.fixture(params=[np.uint8, np.uint16, np.float32], ids=lambda dtype: dtype.__name__)
def samples(request):
    whole = np.random.default_rng(13).integers(0, 256, (7, 6, 5, 3))
    if request.param is np.float32:
        return (whole / 255).astype(np.float32)
    return (whole * (np.iinfo(request.param).max // 255)).astype(request.param)


def unit(samples):
    return samples / np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else samples.astype(np.float64)


def test_mean_median_and_spread_equal_numpy(samples):
    np.testing.assert_allclose(mean(samples), unit(samples).mean(axis=0), atol=1e-15)
    np.testing.assert_allclose(median(samples), np.median(unit(samples), axis=0), atol=1e-15)
    np.testing.assert_allclose(spread(samples), unit(samples).std(axis=0, ddof=1), atol=1e-14)


def test_weighted_mean_equals_numpy(samples):
    votes = [3, 0, 1, 2, 2, 5, 1]
    np.testing.assert_allclose(mean(samples, votes), np.average(unit(samples), axis=0, weights=votes), atol=1e-15)
    part = np.random.default_rng(14).random(7)
    np.testing.assert_allclose(mean(samples, part), np.average(unit(samples), axis=0, weights=part), atol=1e-15)


def test_weights_per_pixel_choose_per_region(samples):
    weights = np.zeros((7, 6, 5))
    weights[2, :3], weights[4, 3:] = 1, 2.5
    expected = np.concatenate([unit(samples)[2, :3], unit(samples)[4, 3:]])
    np.testing.assert_allclose(mean(samples, weights), expected, atol=1e-15)


def test_a_generator_gives_the_same_bits_as_a_stack(samples):
    np.testing.assert_array_equal(mean(image for image in samples), mean(samples))
    np.testing.assert_array_equal(spread(image for image in samples), spread(samples))
    np.testing.assert_array_equal(mean((x for x in samples), [1] * 7), mean(samples))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integer_images_give_the_same_bits_in_every_order(dtype):
    rng = np.random.default_rng(15)
    samples = rng.integers(0, np.iinfo(dtype).max, (101, 8, 8, 3), endpoint=True).astype(dtype)
    weights = rng.integers(0, 30, 101)
    order = rng.permutation(101)
    np.testing.assert_array_equal(mean(samples), mean(samples[order]))
    np.testing.assert_array_equal(mean(samples, weights), mean(samples[order], weights[order]))
    np.testing.assert_array_equal(spread(samples), spread(samples[order]))


def test_halves_are_rounded_up_where_numpy_rounds_to_even():
    """Means 0.5, 1.5, 2.5, ... of neighbouring levels: PNG (RFC 2083) and MATLAB round them up."""
    levels = np.arange(255, dtype=np.uint8).reshape(1, 15, 17, 1)
    pair = np.concatenate([levels, levels + np.uint8(1)])
    np.testing.assert_array_equal(mean_uint8(pair), levels[0] + 1)
    np.testing.assert_array_equal(to_uint8(mean(pair)), levels[0] + 1)
    np.testing.assert_array_equal(to_uint16(mean(pair)), (257 * (2 * levels[0].astype(int) + 1) + 1) // 2)


@pytest.mark.parametrize("count", [2, 3, 5, 6, 10, 100, 324])
def test_both_ways_to_eight_bits_agree(count):
    samples = np.random.default_rng(count).integers(0, 256, (count, 40, 40, 1)).astype(np.uint8)
    exact = (2 * samples.sum(axis=0, dtype=np.int64) + count) // (2 * count)
    np.testing.assert_array_equal(mean_uint8(samples), exact)
    np.testing.assert_array_equal(to_uint8(mean(samples)), exact)
    votes = np.arange(count) % 5 + 1
    np.testing.assert_array_equal(mean_uint8(samples, votes), to_uint8(mean(samples, votes)))


def test_mean_uint8_refuses_what_it_cannot_do_exactly():
    with pytest.raises(ValueError, match="exact 8-bit mean"):
        mean_uint8(np.zeros((2, 4, 4, 1)))
    with pytest.raises(ValueError, match="exact 8-bit mean"):
        mean_uint8(np.zeros((2, 4, 4, 1), np.uint16))
    with pytest.raises(ValueError, match="exact 8-bit mean"):
        mean_uint8(np.zeros((2, 4, 4, 1), np.uint8), [0.5, 1])


def test_error_of_the_mean_is_the_mean_error_less_the_variance(samples):
    """The ambiguity decomposition (Krogh and Vedelsby, NIPS 1994): why any ensemble beats its average member."""
    truth = np.random.default_rng(16).random((6, 5, 3))
    stack = unit(samples)
    members = np.mean((stack - truth) ** 2)
    assert np.mean((mean(samples) - truth) ** 2) == pytest.approx(members - stack.var(axis=0).mean(), abs=1e-14)


def test_medoid_is_the_sample_nearest_to_all_others(samples):
    flat = unit(samples).reshape(7, -1)
    distances = ((flat[:, None] - flat[None]) ** 2).sum(axis=(1, 2))
    assert medoid_index(samples) == distances.argmin()
    np.testing.assert_array_equal(medoid(samples), samples[distances.argmin()])
    assert medoid(samples).dtype == samples.dtype


def test_of_equal_medoids_the_first_is_taken():
    samples = np.array([0, 9, 1, 1], np.uint8).reshape(4, 1, 1, 1)
    assert medoid_index(samples) == 2


def test_one_sample_has_no_spread(samples):
    assert np.isnan(spread(samples[:1])).all()
    np.testing.assert_array_equal(mean(samples[:1]), unit(samples[:1])[0])


@pytest.mark.parametrize("combine", [mean, median, medoid, spread])
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([], "no samples"),
        ([np.zeros((4, 4, 1)), np.zeros((4, 5, 1))], "one size and type"),
        ([np.zeros((4, 4, 1), np.float32), np.zeros((4, 4, 1), np.uint8)], "one size and type"),
        ([np.zeros((4, 4, 1)), np.full((4, 4, 1), np.nan)], "Sample 1 contains values"),
        ([np.full((4, 4, 1), np.inf)], "Sample 0 contains values"),
        ([np.zeros((4, 4, 1), np.int64)], "not int64"),
        ([0.1, 0.2], "Expected a stack"),
    ],
)
def test_unusable_samples_are_refused(combine, samples, message):
    with pytest.raises(ValueError, match=message):
        combine(samples)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -1, 1], "not negative"),
        ([1, np.nan, 1], "finite"),
        ([0, 0, 0], "all zero"),
        ([1, 1], "2 weights"),
        ([1, 1, 1, 1], "4 weights"),
        (np.ones((3, 4)), "shape"),
        (np.ones((3, 4, 5)), "do not fit"),
        (np.eye(4)[None].repeat(3, axis=0), "some pixel"),
    ],
)
def test_unusable_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        mean(np.zeros((3, 4, 4, 1)), weights)


def test_the_linear_mean_of_black_and_white_is_188():
    """Half the light of sRGB white is stored as 187.5 (IEC 61966-2-1); the mean of the stored values is 128."""
    pair = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    assert to_uint8(linear_mean(pair)).item() == 188
    assert to_uint8(mean(pair)).item() == 128


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_value_keeps_its_place_on_the_curve(dtype):
    values = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(1, 1, -1, 1)
    rounded = to_uint8 if dtype is np.uint8 else to_uint16
    np.testing.assert_array_equal(rounded(linear_mean(values)), values[0])


def test_the_linear_mean_follows_colour_science_s_curve(samples):
    """The curve as scikit-image has it in rgb2xyz and back (skimage 0.26, colorconv: 0.04045, 2.4, 0.0031308)."""
    from skimage.color import rgb2xyz, xyz2rgb

    light = np.mean([rgb2xyz(image) for image in unit(samples)], axis=0)
    np.testing.assert_allclose(linear_mean(samples), xyz2rgb(light), atol=2e-6)


def test_light_is_summed_alike_in_every_order():
    rng = np.random.default_rng(17)
    samples, weights = rng.integers(0, 256, (101, 8, 8, 3)).astype(np.uint8), rng.integers(1, 30, 101)
    order = rng.permutation(101)
    np.testing.assert_array_equal(linear_mean(samples, weights), linear_mean(samples[order], weights[order]))
    assert (linear_mean(samples) >= mean(samples) - 1e-12).all()  # the curve bends one way: Jensen's inequality


def test_the_medoid_of_a_generator_and_of_wide_integers():
    """Squares of sums of 400 16-bit images leave 64 bits."""
    samples = np.full((400, 64, 64, 1), 65535, np.uint16)
    samples[::2] = 0
    samples[7] = 30000
    assert medoid_index(image for image in samples) == 7
    np.testing.assert_array_equal(medoid(image for image in samples), samples[7])
