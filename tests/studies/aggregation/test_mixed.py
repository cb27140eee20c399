"""The mixed model of ratings, against the analysis of variance: with a full table both have the same estimates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from studies.aggregation.mixed import mixed_model


def simulated(methods: int, images: int, participants: int, seed: int = 1) -> np.ndarray:
    """Ratings (methods, images, participants): later methods are better."""
    draw = np.random.default_rng(seed)
    quality = 3 + np.linspace(0, 1, methods)[:, None, None] + draw.normal(0, 0.6, (1, images, 1))
    noise = draw.normal(0, 0.7, (methods, images, participants))
    return np.clip(np.round(quality + draw.normal(0, 0.4, (1, 1, participants)) + noise), 1, 5)


def long(table: np.ndarray) -> tuple[list, ...]:
    places = np.indices(table.shape).reshape(3, -1)
    return table.ravel().tolist(), *([f"{kind}{at}" for at in row] for kind, row in zip("mip", places, strict=True))


def test_a_full_table_agrees_with_the_analysis_of_variance():
    """Balanced data: restricted likelihood = mean squares (Searle, Casella, McCulloch, Variance Components, 1992)."""
    y = simulated(3, 10, 12)
    size, mean = y.size, y.mean()
    by_method, by_image, by_person = y.mean((1, 2)), y.mean((0, 2)), y.mean((0, 1))
    residues = y - by_method[:, None, None] - by_image[None, :, None] - by_person[None, None, :] + 2 * mean
    residual = (residues**2).sum() / (size - 3 - 10 - 12 + 2)
    fit = mixed_model(*long(y))
    assert fit.reason == ""
    assert fit.variances["residual"] == pytest.approx(residual, abs=1e-6)
    for name, means in (("image", by_image), ("participant", by_person)):
        each = size / len(means)
        square = each * ((means - mean) ** 2).sum() / (len(means) - 1)
        assert fit.variances[name] == pytest.approx((square - residual) / each, abs=1e-6)
    for effect, theirs in zip(fit.effects, by_method[1:] - by_method[0], strict=True):
        half = norm.ppf(0.975) * math.sqrt(2 * residual / 120)
        assert (effect.value, effect.low, effect.high) == pytest.approx(
            (theirs, theirs - half, theirs + half), abs=1e-6
        )
        assert effect.p == pytest.approx(2 * norm.sf(theirs / math.sqrt(2 * residual / 120)), rel=1e-3)


def test_a_reference_turns_the_comparison_round():
    y = long(simulated(2, 6, 8))
    first, second = mixed_model(*y), mixed_model(*y, reference="m1")
    assert [effect.method for effect in second.effects] == ["m0"]
    assert second.effects[0].value == pytest.approx(-first.effects[0].value)


def test_holes_are_no_obstacle():
    y = simulated(3, 8, 10)
    ratings, methods, images, people = (np.array(column)[np.arange(240) % 7 > 0].tolist() for column in long(y))
    fit = mixed_model(ratings, methods, images, people)
    assert fit.reason == ""
    assert fit.count == 205
    assert 0 < fit.effects[0].value < fit.effects[1].value


def test_images_and_people_who_are_all_alike_have_no_variance():
    noise = np.random.default_rng(3).normal(size=(2, 4, 5))
    noise -= noise.mean((0, 2))[None, :, None]
    fit = mixed_model(*long(noise - noise.mean((0, 1))))
    assert fit.reason == ""
    assert fit.variances["image"] == pytest.approx(0, abs=1e-4)
    assert fit.variances["participant"] == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        (np.zeros((0, 0, 0)), "two methods"),
        (np.full((1, 3, 3), 2.0), "two methods"),
        (np.arange(6.0).reshape(2, 1, 3), "two images and two participants"),
        (np.arange(6.0).reshape(2, 3, 1), "two images and two participants"),
        (np.full((2, 3, 3), 4.0), "all ratings are alike"),
        (np.array([3.0, 4.0])[:, None, None] * np.ones((1, 3, 3)), "no residue"),
    ],
)
def test_what_cannot_be_fitted_is_undefined_in_words(ratings, reason):
    fit = mixed_model(*long(ratings))
    assert reason in fit.reason
    assert all(math.isnan(number) for effect in fit.effects for number in (effect.value, effect.low, effect.high))
    assert all(math.isnan(variance) for variance in fit.variances.values())


def test_columns_must_match():
    with pytest.raises(ValueError, match="for each rating"):
        mixed_model([3, 4], ["a"], ["1", "2"], ["x", "y"])
    with pytest.raises(ValueError, match="no ratings of 'c'"):
        mixed_model([3, 4], ["a", "b"], ["1", "2"], ["x", "y"], reference="c")
