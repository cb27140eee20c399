"""Records of images into figures: what counts once, what counts where."""

from __future__ import annotations

import numpy as np
import pytest

from inference.evaluation.measure import measure
from inference.evaluation.summary import share, summarise
from tests.inference.evaluation.pools import DISTANCE, noisy, picture


def record(deviation: float = 20, **labels) -> dict:
    one = picture(channels=1)
    found = measure(one, noisy(one, deviation=deviation), DISTANCE, 4)
    if labels:
        facts = {"truth": 5, "hard": False, "extra": False, "first": 5, "mean": 5, "high": 5, "low": 5}
        counts = labels.pop("counts")
        found["labels"] = {**facts, **labels, "counts": [counts.get(digit, 0) for digit in range(10)]}
    return found


def test_each_image_counts_once():
    records = [record(5), record(40)]
    found = summarise(records)
    assert found["images"] == 2
    for part, name in (("sample", "psnr_y"), ("mean", "ssim_y"), ("diversity", "score"), ("pixel_std", "mean")):
        assert found[part][name] == pytest.approx(np.mean([one[part][name] for one in records]), rel=1e-4)
    worst = [one["lr_consistency"]["worst"] for one in records]
    assert found["lr_consistency"]["worst"] == min(worst)
    assert found["lr_consistency"]["worst_by_image"] == pytest.approx(np.mean(worst), rel=1e-4)
    best = np.mean([one["best_of"]["psnr_y"][-1] for one in records])
    assert found["best_of"]["psnr_y"][-1] == pytest.approx(best, rel=1e-4)


def test_what_is_undefined_for_one_image_is_averaged_over_the_others():
    records = [record(), record()]
    records[0]["diversity"]["score"] = None
    assert summarise(records)["diversity"]["score"] == records[1]["diversity"]["score"]
    records[1]["diversity"]["score"] = None
    assert summarise(records)["diversity"]["score"] is None


def test_samples_nearer_to_the_truth_s_sharpness_than_their_mean():
    records = [record(), record()]
    records[0]["gradient_energy"] = {"truth": 100, "sample": 90, "mean": 70, "bicubic": 10}
    records[1]["gradient_energy"] = {"truth": 100, "sample": 150, "mean": 70, "bicubic": 10}
    assert summarise(records)["gradient_energy"]["sample_nearer"] == 0.5


def test_shares_have_wilson_s_interval():
    """22 of 30: [0.55552, 0.85817], as printed for Wilson's score interval."""
    found = share([True] * 22 + [False] * 8)
    assert (found["hits"], found["of"]) == (22, 30)
    assert found["low"] == pytest.approx(0.55552, abs=1e-5)
    assert found["high"] == pytest.approx(0.85817, abs=1e-5)


def test_labels_by_hand():
    records = [
        record(counts={5: 4}),
        record(counts={5: 3, 6: 1}, first=6),
        record(counts={5: 2, 6: 2}, mean=6),  # a tie is nobody's majority
        record(counts={6: 4}, first=6, low=6, hard=True),
    ]
    found = summarise(records)["labels"]["all"]
    assert found["images"] == 4
    assert found["all_samples_right"] == pytest.approx((1 + 0.75 + 0.5 + 0) / 4)
    assert found["first_sample_right"]["hits"] == 2
    assert found["majority_right"]["hits"] == 2
    assert found["mean_right"]["hits"] == 3
    assert found["low_right"]["hits"] == 3
    assert found["coverage"]["hits"] == 3
    # Bits: 0, -(3/4 log2 3/4 + 1/4 log2 1/4) = 0.811278, 1, 0.
    assert found["entropy_bits"] == pytest.approx((0.811278 + 1) / 4, abs=1e-5)
    # Unanimous: one of two right; 0.75: right; 0.5 tied with the truth: half right, as it says.
    assert found["top_label"]["error"] == pytest.approx((abs(1 - 2) + 0.25 + 0) / 4)


def test_a_truth_that_the_reader_misreads_is_not_held_against_samples_that_are_misread_alike():
    records = [record(counts={5: 3, 6: 1}, high=5), record(counts={6: 4}, high=6)]
    found = summarise(records)["labels"]["all"]
    assert found["top_label"]["error"] == pytest.approx((0.25 + 1) / 2)
    assert found["top_as_read"]["error"] == pytest.approx(0.25 / 2)


def test_digits_picked_because_they_are_hard_count_among_the_hard_ones_only():
    records = [
        record(5, counts={5: 4}),
        record(5, counts={6: 4}, hard=True),
        record(60, counts={5: 4}, hard=True, extra=True),
    ]
    found = summarise(records)
    assert found["images"] == 2
    assert found["pixel_std"]["mean"] == pytest.approx(records[0]["pixel_std"]["mean"])
    groups = found["labels"]
    assert (groups["all"]["images"], groups["hard"]["images"], groups["easy"]["images"]) == (2, 2, 1)
    assert groups["all"]["majority_right"]["hits"] == groups["hard"]["majority_right"]["hits"] == 1
    assert groups["hard"]["pixel_std"] > groups["easy"]["pixel_std"]


def test_without_a_classifier_of_lr_images_nobody_says_what_is_hard():
    groups = summarise([record(counts={5: 4}, hard=None, low=None)])["labels"]
    assert list(groups) == ["all"]
    assert groups["all"]["low_right"] is None


def test_a_group_without_images_says_only_that():
    assert summarise([record(counts={5: 4})])["labels"]["hard"] == {"images": 0}


def test_pictures_without_labels_have_none():
    assert "labels" not in summarise([record()])
