"""Marked parts of an image, counted in squares: outlines against scikit-image's points_in_poly."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import points_in_poly

from studies.aggregation.marks import choose, covered, grid_of, squares

SHAPES = {
    "triangle": [[0.1, 0.1], [0.93, 0.22], [0.41, 0.87]],
    "star that crosses itself": [[0.5, 0.02], [0.79, 0.96], [0.03, 0.38], [0.97, 0.37], [0.21, 0.97]],
    "whole picture": [[0, 0], [1, 0], [1, 1], [0, 1]],
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(("columns", "rows"), [(32, 32), (32, 7), (5, 9)])
def test_an_outline_covers_the_squares_whose_centres_it_holds(name: str, columns: int, rows: int) -> None:
    points = SHAPES[name]
    centres = [((x + 0.5) / columns, (y + 0.5) / rows) for y in range(rows) for x in range(columns)]
    found = covered({"kind": "lasso", "points": points}, columns, rows)
    np.testing.assert_array_equal(found, points_in_poly(centres, points))


def test_an_outline_too_thin_for_any_centre_covers_the_squares_of_its_corners() -> None:
    thin = {"kind": "lasso", "points": [[0.01, 0.01], [0.99, 0.01], [0.99, 0.02], [1, 1]]}
    found = covered({**thin, "points": thin["points"][:3]}, 4, 4)
    assert np.flatnonzero(found).tolist() == [0, 3]


def test_squares_are_those_of_the_grid_and_fine_ones_for_outlines() -> None:
    grid = {"kind": "grid", "columns": 8, "rows": 6, "cells": [0, 47]}
    assert grid_of([(grid, [1])], 40, 30) == (8, 6)
    assert np.flatnonzero(covered(grid, 8, 6)).tolist() == [0, 47]
    lasso = {"kind": "lasso", "points": SHAPES["triangle"]}
    assert grid_of([(lasso, [1])], 64, 32) == (32, 16)
    assert grid_of([(lasso, [1])], 7, 5) == (7, 5)  # never finer than the LR image
    assert squares(7, 7, 8) == (8, 8)


def test_a_mark_counts_where_it_lies_and_no_mark_everywhere() -> None:
    """Sample 0 has one vote without a mark; 1 was picked for the left half, 2 for the right."""
    left = {"kind": "grid", "columns": 2, "rows": 1, "cells": [0]}
    right = {"kind": "grid", "columns": 2, "rows": 1, "cells": [1]}
    seen: list[list[int]] = []

    def pick(counts: np.ndarray) -> tuple[int, ...]:
        seen.append(counts.tolist())
        return tuple(np.flatnonzero(counts).tolist())

    found = choose([(left, [1]), (left, [1]), (right, [2])], [1, 2, 1], 2, 1, pick)
    assert sorted(seen) == [[1, 0, 1], [1, 2, 0]]
    assert found == [(0, 1), (0, 2)]
