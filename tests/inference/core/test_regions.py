"""Parts of a picture from different samples: weights that sum to one at every pixel, soft borders, exact sums."""

from __future__ import annotations

import numpy as np
import pytest

from inference.core.ensembling import mean
from inference.core.images import to_uint8
from inference.core.regions import Parts, region_mean, weight_maps

CHECKERS = Parts(3, 2, ((0,), (1, 2), (0, 1), (2,), (0, 1, 2), (1,)))


@pytest.mark.parametrize(("height", "width"), [(48, 60), (7, 11), (2, 3), (101, 33)])
def test_weights_sum_to_one_at_every_pixel_exactly(height: int, width: int) -> None:
    maps = list(weight_maps(CHECKERS, height, width))
    total = np.sum(maps, axis=0)
    assert all(weights.min() >= 0 for weights in maps)
    assert len(np.unique(total)) == 1
    assert total.dtype == np.int64


def test_each_cell_s_middle_shows_its_own_samples_alone() -> None:
    maps = np.array(list(weight_maps(CHECKERS, 48, 60)), dtype=float)
    shares = maps / maps.sum(axis=0)
    middles = shares[:, 12::24, 10::20].reshape(3, 6).T
    np.testing.assert_allclose(middles[1], [0, 0.5, 0.5])
    for cell, middle in zip(CHECKERS.cells, middles, strict=True):
        np.testing.assert_allclose(middle, [(index in cell) / len(cell) for index in range(3)])


def test_a_border_is_a_ramp_without_a_step() -> None:
    """Two cells of 20 pixels: half and half at the border, no two neighbours further apart than the ramp's slope."""
    first, _ = weight_maps(Parts(2, 1, ((0,), (1,))), 4, 40)
    share = first[0] / first.max()
    assert share[0] == 1
    assert share[-1] == 0
    assert share[19] + share[20] == pytest.approx(1)
    assert np.abs(np.diff(share)).max() == pytest.approx(1 / 11)
    assert (np.diff(share) <= 0).all()


def test_one_selection_everywhere_is_its_plain_mean() -> None:
    samples = np.random.default_rng(2).integers(0, 256, (3, 16, 24, 3)).astype(np.uint8)
    found = region_mean(samples, Parts(3, 2, ((0, 1, 2),) * 6))
    np.testing.assert_array_equal(to_uint8(found), to_uint8(mean(samples)))
    np.testing.assert_allclose(found, mean(samples), atol=1e-15)


def test_it_is_the_mean_with_these_weights_and_stays_within_its_samples() -> None:
    samples = np.random.default_rng(3).integers(0, 256, (3, 12, 18, 1)).astype(np.uint8)
    found = region_mean(iter(samples), CHECKERS)
    np.testing.assert_array_equal(found, mean(samples, np.array(list(weight_maps(CHECKERS, 12, 18)))))
    assert (found <= samples.max(axis=0) / 255).all()
    assert (found >= samples.min(axis=0) / 255).all()


@pytest.mark.parametrize(
    ("parts", "words"),
    [((2, 2, ((0,), (1,))), "as many lists"), ((1, 1, ((),)), "at least one"), ((1, 1, ((0, 0),)), "none twice")],
)
def test_parts_that_leave_holes_are_refused(parts: tuple, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Parts(*parts)


def test_parts_of_other_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="there are 2"):
        region_mean(np.zeros((2, 4, 4, 1), np.uint8), Parts(1, 1, ((0, 2),)))
