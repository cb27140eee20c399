"""Parts of a picture from different samples: weights that sum to one at every pixel, soft borders, exact sums."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from inference.core import regions
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


def nested(count: int, columns: int, rows: int, seed: int = 1) -> Parts:
    """Cells that show the first few of all samples, as many as chance says: sizes without a small common multiple."""
    sizes = np.random.default_rng(seed).integers(1, count + 1, columns * rows)
    sizes[0] = count
    return Parts(columns, rows, tuple(tuple(range(size)) for size in sizes))


@pytest.mark.parametrize(("count", "columns", "rows"), [(324, 8, 8), (100, 8, 8), (100, 32, 32), (324, 16, 12)])
def test_grey_stays_grey_whatever_the_sizes_of_the_cells(count: int, columns: int, rows: int) -> None:
    """The least common multiple of the numbers up to 324 has 140 digits."""
    samples = [np.full((64, 96, 1), 200, np.uint8)] * count
    np.testing.assert_array_equal(to_uint8(region_mean(samples, nested(count, columns, rows))), 200)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_many_sizes_give_the_same_bits_in_every_order_of_the_samples(kind: type[np.integer]) -> None:
    samples = np.random.default_rng(4).integers(0, np.iinfo(kind).max, (60, 16, 24, 3)).astype(kind)
    parts = nested(60, 6, 4)
    order = np.random.default_rng(5).permutation(60)
    place = np.argsort(order)
    turned = Parts(6, 4, tuple(tuple(int(place[index]) for index in cell) for cell in parts.cells))
    np.testing.assert_array_equal(region_mean(samples[order], turned), region_mean(samples, parts))


def test_many_sizes_are_blended_by_the_cells_windows() -> None:
    """Each cell's plain mean, weighed by the share of the window that lies in the cell, in fractions."""
    samples = np.random.default_rng(6).integers(0, 256, (60, 16, 24, 1)).astype(np.uint8)
    parts = nested(60, 6, 4)
    found = region_mean(samples, parts)
    columns, rows = np.clip(np.arange(-1, 25), 0, 23) * 6 // 24, np.clip(np.arange(-1, 17), 0, 15) * 4 // 16
    for y, x in [(0, 0), (3, 4), (8, 11), (15, 23), (4, 20)]:
        cells = [parts.cells[row * 6 + column] for row in rows[y : y + 3] for column in columns[x : x + 3]]
        means = [Fraction(sum(int(samples[index, y, x, 0]) for index in cell), len(cell)) for cell in cells]
        assert found[y, x, 0] == pytest.approx(float(sum(means) / 9 / 255), abs=1e-15)


def test_many_sizes_are_summed_in_several_passes_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(7).integers(0, 256, (60, 16, 24, 1)).astype(np.uint8)
    expected = region_mean(samples, nested(60, 6, 4))
    monkeypatch.setattr(regions, "STRIP", 16 * 24 * 8 * 3)
    np.testing.assert_array_equal(region_mean(samples, nested(60, 6, 4)), expected)


def test_floats_of_many_sizes_are_blended_alike() -> None:
    samples = np.random.default_rng(8).integers(0, 256, (60, 16, 24, 1)).astype(np.uint8)
    floats = region_mean(samples / 255, nested(60, 6, 4))
    np.testing.assert_allclose(floats, region_mean(samples, nested(60, 6, 4)), atol=1e-14)


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
