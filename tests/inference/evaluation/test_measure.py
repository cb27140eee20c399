"""Figures of one image against the core's metrics and scikit-image."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio as scikit_psnr

from inference.core.consistency import project
from inference.core.degradation import upscale
from inference.core.images import to_uint8
from inference.core.metrics import lr_consistency, peak_signal_noise_ratio, pixel_diversity, structural_similarity
from inference.evaluation import EvaluationError
from inference.evaluation.measure import measure, rounded
from inference.evaluation.reading import LowReading
from tests.inference.evaluation.pools import DISTANCE, noisy, picture


def test_fidelity_is_that_of_the_metrics():
    one, samples = picture(), noisy(picture())
    found = measure(one, samples, DISTANCE, 4)
    for name, channels in (("psnr_rgb", "rgb"), ("psnr_y", "y")):
        values = [peak_signal_noise_ratio(one.high, each, data_range=255, channels=channels) for each in samples]
        assert found["sample"][name] == pytest.approx(np.mean(values), abs=1e-4)
    by_scikit = np.mean([scikit_psnr(one.high, each, data_range=255) for each in samples])
    assert found["sample"]["psnr_rgb"] == pytest.approx(by_scikit, abs=1e-4)
    similar = structural_similarity(one.high, samples[0], data_range=255, channels="y")
    assert measure(one, samples[:1], DISTANCE, 4)["sample"]["ssim_y"] == pytest.approx(similar, abs=1e-5)


def test_lr_consistency_is_that_of_the_core_mean_and_worst():
    one, samples = picture(), noisy(picture())
    found = measure(one, samples, DISTANCE, 4)
    values = lr_consistency(samples, one.low, 4)
    assert found["lr_consistency"]["mean"] == pytest.approx(values.mean(), abs=1e-4)
    assert found["lr_consistency"]["worst"] == pytest.approx(values.min(), abs=1e-4)
    projected = lr_consistency(to_uint8(project(samples, one.low, 4, 2)), one.low, 4)
    assert found["lr_consistency_projected"]["mean"] == pytest.approx(projected.mean(), abs=1e-4)
    assert projected.mean() > values.mean()


def test_the_pool_s_mean_and_bicubic_enlargement_are_measured_as_8_bit_images():
    one, samples = picture(), noisy(picture())
    found = measure(one, samples, DISTANCE, 4)
    mean = to_uint8(samples.mean(axis=0) / 255)
    bicubic = to_uint8(upscale(one.low / np.float32(255), 4))
    for name, image in (("mean", mean), ("bicubic", bicubic)):
        expected = peak_signal_noise_ratio(one.high, image, data_range=255, channels="y")
        assert found[name]["psnr_y"] == pytest.approx(expected, abs=1e-4)
        assert found[name]["lr_consistency"] == pytest.approx(lr_consistency(image, one.low, 4), abs=1e-4)
    assert found["mean"]["psnr_y"] > found["sample"]["psnr_y"]


def test_a_border_can_be_shaved_off():
    one, samples = picture(), noisy(picture())
    samples[:, :4] = 0
    values = [peak_signal_noise_ratio(one.high, each, data_range=255, channels="y", crop=4) for each in samples]
    assert measure(one, samples, DISTANCE, 4, shave=4)["sample"]["psnr_y"] == pytest.approx(np.mean(values), abs=1e-4)


def test_samples_that_are_all_alike_have_no_diversity_no_spread_and_a_flat_curve():
    one = picture()
    found = measure(one, np.repeat(noisy(one, 1), 5, axis=0), DISTANCE, 4)
    assert found["diversity"]["score"] == 0
    assert found["diversity"]["samples"] == 5
    assert found["pixel_std"]["mean"] == 0
    assert len(set(found["best_of"]["psnr_y"])) == 1
    assert found["sample"] == {name: found["mean"][name] for name in found["sample"]}
    assert found["gradient_energy"]["sample"] == found["gradient_energy"]["mean"]


def test_spread_distance_and_best_of_n():
    one, samples = picture(), noisy(picture())
    found = measure(one, samples, DISTANCE, 4)
    assert found["pixel_std"]["mean"] == pytest.approx(pixel_diversity(samples), abs=1e-4)
    distances = np.abs(samples.astype(float) - one.high).mean(axis=(1, 2, 3))
    assert found["sample"]["distance"] == pytest.approx(distances.mean(), abs=1e-4)
    assert found["best_of"]["n"] == [1, 2, 3, 4]
    assert found["best_of"]["distance"] == pytest.approx(np.minimum.accumulate(distances), abs=1e-4)
    assert found["diversity"]["global_best"] == pytest.approx(distances.min(), abs=1e-4)


def test_averaging_noise_away_lowers_the_gradient_energy():
    one = picture()
    energy = measure(one, noisy(one, 20, 40), DISTANCE, 4)["gradient_energy"]
    assert energy["bicubic"] < energy["mean"] < energy["sample"]


def test_perfect_samples_are_capped_and_what_is_undefined_is_none():
    one = picture()
    found = measure(one, one.high[None], DISTANCE, 4)
    assert found["sample"]["psnr_y"] == 100
    assert found["diversity"]["score"] is None
    assert found["pixel_std"]["mean"] is None
    json.dumps(found, allow_nan=False)


def test_grey_images_have_one_psnr():
    one = picture(channels=1)
    found = measure(one, noisy(one), DISTANCE, 4)
    assert found["sample"]["psnr_rgb"] is None
    expected = scikit_psnr(one.high, noisy(one)[0], data_range=255)
    assert measure(one, noisy(one, 1), DISTANCE, 4)["sample"]["psnr_y"] == pytest.approx(expected, abs=1e-4)


def test_labels_are_counted_over_samples(monkeypatch):
    answers = [5, 6, 5, 5, 6, 5]  # four samples, their mean, the truth
    monkeypatch.setattr("inference.evaluation.measure.read_high", lambda images: np.array(answers[: len(images)]))
    one = picture(28, 28, 1, label=5, low_reading=LowReading(6, 0.99))
    labels = measure(one, noisy(one), DISTANCE, 4)["labels"]
    assert labels["counts"] == [0, 0, 0, 0, 0, 3, 1, 0, 0, 0]
    assert (labels["first"], labels["mean"], labels["high"], labels["low"]) == (5, 6, 5, 6)
    assert (labels["truth"], labels["hard"], labels["extra"]) == (5, False, False)


def test_labels_of_pictures_that_the_reader_does_not_take_are_refused():
    with pytest.raises(EvaluationError, match="up to 32 x 32"):
        measure(picture(36, 36, 1, label=5), noisy(picture(36, 36, 1)), DISTANCE, 4)


def test_rounding_keeps_six_digits_and_no_infinities():
    assert rounded({"a": [1.23456789, float("inf")], "b": 3, "c": float("nan")}) == {
        "a": [1.23457, None],
        "b": 3,
        "c": None,
    }
