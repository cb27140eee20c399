"""Different samples for different parts of one picture, blended over soft borders.

A picture is divided into columns x rows of cells; each cell names the samples whose plain mean it shows. At a border
the weights pass linearly from one cell's samples to the next one's, over about half a cell. All weights are whole
numbers, and at every pixel they sum to the same whole number: shares that sum to exactly one, a partition of unity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ensembling import sums
from .stacks import Samples, images, readable_again


@dataclass(frozen=True)
class Parts:
    """cells: row after row from the top left, each with the indexes of its samples, at least one."""

    columns: int
    rows: int
    cells: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if min(self.columns, self.rows) < 1 or len(self.cells) != self.columns * self.rows:
            raise ValueError(
                f"{self.columns} x {self.rows} cells need as many lists of samples, not {len(self.cells)}."
            )
        if any(not cell or len(set(cell)) < len(cell) or min(cell) < 0 for cell in self.cells):
            raise ValueError("Each part of the picture needs at least one sample, and none twice.")

    @property
    def members(self) -> tuple[int, ...]:
        """The samples that some cell names, ascending."""
        return tuple(sorted({index for cell in self.cells for index in cell}))


def region_mean(samples: Samples, parts: Parts) -> NDArray[np.float64]:
    """Each cell's mean, blended, as float64 (H, W, C) in [0, 1]; exact for integer images.

    Raises ValueError as `ensembling.mean`, and for parts that name samples that are not there or leave some out.
    """
    again = readable_again(samples)
    if parts.members != tuple(range(len(again))):
        raise ValueError(f"The parts name the samples {list(parts.members)}, but there are {len(again)}.")
    height, width = next(images(again)).shape[:2]
    total, divisor, unit = sums(again, weight_maps(parts, height, width))
    return total / (np.asarray(divisor, dtype=np.float64) * unit)


def weight_maps(parts: Parts, height: int, width: int) -> Iterator[NDArray[np.int64]]:
    """The weights (height, width) of each member in turn; their sum over members is one number everywhere."""
    unit = math.lcm(*{len(cell) for cell in parts.cells})
    for member in parts.members:
        shares = [unit // len(cell) if member in cell else 0 for cell in parts.cells]
        cells = np.array(shares, dtype=np.int64).reshape(parts.rows, parts.columns)
        yield _softened(_softened(cells, height, axis=0), width, axis=1)


def _softened(cells: NDArray[np.int64], size: int, axis: int) -> NDArray[np.int64]:
    """Cells spread over `size` pixels along one axis, then summed over a window of about half a cell.

    Beyond the picture its outermost pixel is repeated, so that the window always holds as many pixels.
    """
    count = cells.shape[axis]
    reach = size // count // 4
    places = np.clip(np.arange(-reach - 1, size + reach), 0, size - 1) * count // size
    running = np.cumsum(np.take(cells, places, axis=axis), axis=axis)
    window = 2 * reach + 1
    return np.take(running, np.arange(window, window + size), axis=axis) - np.take(running, np.arange(size), axis=axis)
