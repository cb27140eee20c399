"""Marked parts of an image made into squares: which samples the marks choose where.

Marks are as ballots store them: squares of a grid, or the corners of an outline (see services.regions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: (region, pool indexes picked) of one ballot
Mark = tuple[Mapping[str, Any], Sequence[int]]

#: Squares along the longer side in which outlines are counted.
LASSO_SQUARES = 32


def squares(width: int, height: int, most: int) -> tuple[int, int]:
    """Columns and rows of squares, `most` along the longer side, as nearly square as whole numbers allow."""
    longest = max(width, height)
    columns, rows = (max(1, round(most * side / longest)) for side in (width, height))
    return columns, rows


def grid_of(marks: Sequence[Mark], width: int, height: int) -> tuple[int, int]:
    """Columns and rows in which these marks are counted: their own grid, or a fine one for outlines."""
    first = marks[0][0]
    if first["kind"] == "grid":
        return first["columns"], first["rows"]
    return squares(width, height, min(LASSO_SQUARES, max(width, height)))


def covered(region: Mapping[str, Any], columns: int, rows: int) -> NDArray[np.bool_]:
    """Which squares a mark covers, (rows * columns,): those named, or those whose centre lies inside the outline.

    An outline too thin to hold a centre covers the squares of its corners.
    """
    found = np.zeros(rows * columns, dtype=np.bool_)
    if region["kind"] == "grid":
        found[list(region["cells"])] = True
        return found
    points = np.array(region["points"], dtype=np.float64)
    y, x = np.divmod(np.arange(rows * columns), columns)
    found = _inside(points, (x + 0.5) / columns, (y + 0.5) / rows)
    if not found.any():
        corner_x = np.minimum(np.floor(points[:, 0] * columns), columns - 1)
        corner_y = np.minimum(np.floor(points[:, 1] * rows), rows - 1)
        found[(corner_y * columns + corner_x).astype(np.int64)] = True
    return found


def _inside(points: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The even-odd rule: a ray to the right crosses the outline an odd number of times."""
    found = np.zeros(len(x), dtype=np.bool_)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if y1 != y2:
            found ^= ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return found


def choose(
    marks: Sequence[Mark],
    votes: Sequence[int],
    columns: int,
    rows: int,
    pick: Callable[[NDArray[np.int64]], tuple[int, ...]],
) -> list[tuple[int, ...]]:
    """The samples that each square shows, row after row.

    votes: of everybody, by sample;  pick: the samples that votes choose, all of them 0 where nobody marked

    A mark counts in the squares that it covers; who marked nothing counts everywhere.
    """
    counts = np.tile(np.asarray(votes, dtype=np.int64), (rows * columns, 1))
    for region, picks in marks:
        counts[np.ix_(~covered(region, columns, rows), np.array(picks, dtype=np.int64))] -= 1
    different, place = np.unique(counts, axis=0, return_inverse=True)
    chosen = [pick(row) for row in different]
    return [chosen[index] for index in place.reshape(-1)]
