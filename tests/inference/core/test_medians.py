"""Medians: the geometric one against scipy's minimiser and against what it must never do, in strips or at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from inference.core import medians
from inference.core.ensembling import geometric_median, median
from inference.core.images import to_uint8
from inference.core.stacks import strips

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def pixel(*colours: tuple[int, ...]) -> np.ndarray:
    return np.array(colours, dtype=np.uint8).reshape(len(colours), 1, 1, 3)


def distances(colour: np.ndarray, points: np.ndarray) -> float:
    return float(np.linalg.norm(points - colour, axis=1).sum())


@pytest.mark.parametrize("count", [3, 4, 5, 8, 21])
def test_no_colour_is_nearer_to_all_samples_together(count: int) -> None:
    """scipy's Nelder-Mead on the definition, sum of Euclidean distances, from the mean and from every sample."""
    samples = np.random.default_rng(count).integers(0, 256, (count, 2, 3, 3)).astype(np.uint8)
    found = geometric_median(samples)
    for y, x in np.ndindex(2, 3):
        points = samples[:, y, x] / 255
        starts = [points.mean(axis=0), *points]
        options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
        best = min(minimize(distances, start, (points,), method="Nelder-Mead", options=options).fun for start in starts)
        assert distances(found[y, x], points) <= best + 1e-5


def test_the_fermat_point_of_a_triangle() -> None:
    """Torricelli's point sees all corners under 120 degrees: of (1,0,0), (0,1,0), (0,0,1) it is the middle."""
    np.testing.assert_allclose(geometric_median(pixel(RED, GREEN, BLUE))[0, 0], [1 / 3] * 3, atol=1e-6)


def test_a_majority_s_colour_is_taken_exactly_and_none_invented() -> None:
    """The usual median makes black of red, green and blue; and a mean makes purple of red, red and blue."""
    assert to_uint8(median(pixel(RED, GREEN, BLUE)))[0, 0].tolist() == [0, 0, 0]
    assert to_uint8(geometric_median(pixel(RED, BLUE, RED)))[0, 0].tolist() == list(RED)
    wide = pixel((10, 200, 30), (12, 190, 40), (10, 200, 30), (250, 0, 9), (10, 200, 30))
    assert np.array_equal(geometric_median(wide)[0, 0], np.array((10, 200, 30)) / 255)


def test_a_corner_of_120_degrees_or_more_is_itself_the_point() -> None:
    """Fermat's problem: in a triangle with such an angle the corner is the answer, though only one sample has it."""
    assert to_uint8(geometric_median(pixel((0, 100, 0), (100, 110, 0), (200, 100, 0))))[0, 0].tolist() == [100, 110, 0]


def test_alike_samples_stay_as_they_are() -> None:
    one = np.random.default_rng(5).integers(0, 256, (4, 5, 3)).astype(np.uint8)
    for samples in ([one], [one, one], [one] * 5):
        np.testing.assert_array_equal(to_uint8(geometric_median(samples)), one)
        np.testing.assert_array_equal(to_uint8(median(samples)), one)


def test_two_colours_meet_in_the_middle_and_grey_images_have_the_usual_median() -> None:
    np.testing.assert_allclose(geometric_median(pixel(RED, BLUE))[0, 0], [0.5, 0, 0.5])
    grey = np.random.default_rng(6).integers(0, 256, (6, 4, 4, 1)).astype(np.uint8)
    np.testing.assert_array_equal(geometric_median(grey), median(grey))


@pytest.mark.parametrize("combine", [median, geometric_median])
def test_strips_give_the_bits_of_the_whole(combine, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(7).integers(0, 256, (5, 9, 4, 3)).astype(np.uint8)
    whole = combine(samples)
    monkeypatch.setattr(medians, "_FLOATS", 1)
    monkeypatch.setattr(medians, "strips", lambda samples, most=1: strips(samples, 1))
    np.testing.assert_array_equal(combine(samples), whole)


def test_strips_hold_no_more_than_they_may_and_leave_no_row_out() -> None:
    samples = np.arange(4 * 7 * 2 * 3, dtype=np.uint16).reshape(4, 7, 2, 3)
    found = list(strips((image for image in samples), 2 * samples[:, :1].nbytes))
    assert [strip.shape[1] for strip in found] == [2, 2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(found, axis=1), samples)
