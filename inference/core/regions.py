"""Different samples for different parts of one picture, blended over soft borders.

A picture is divided into columns x rows of cells; each cell names the samples whose plain mean it shows. At a border
the weights pass linearly from one cell's samples to the next one's, over about half a cell. All weights are whole
numbers, and at every pixel they sum to the same whole number: shares that sum to exactly one, a partition of unity.

Cells of 100 and of 99 samples need weights in steps of 1/9900, and 64 cells of as many sizes a step that no 64 bits
hold. Such cells are summed size by size, each exactly, and the sums divided by their sizes are added in the order of
the sizes: the same bits whatever the order of the samples.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ensembling import sums
from .stacks import STRIP, Samples, images, readable_again, white

#: What sums of weights times pixels must stay below.
LARGEST = 2**63


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
    """Each cell's mean, blended, as float64 (H, W, C) in [0, 1].

    Exact for integer images, rounded once; where sizes of cells have too large a common multiple for that, rounded
    once for each size.
    Raises ValueError as `ensembling.mean`, and for parts that name samples that are not there or leave some out.
    """
    again = readable_again(samples)
    if parts.members != tuple(range(len(again))):
        raise ValueError(f"The parts name the samples {list(parts.members)}, but there are {len(again)}.")
    first = next(images(again))
    height, width = first.shape[:2]
    if _unit(parts) * _window(parts, height, width) * int(white(first.dtype)) >= LARGEST:
        return _size_by_size(again, parts, first)
    total, divisor, unit = sums(again, weight_maps(parts, height, width))
    return total / (np.asarray(divisor, dtype=np.float64) * unit)


def weight_maps(parts: Parts, height: int, width: int) -> Iterator[NDArray[np.int64]]:
    """The weights (height, width) of each member in turn; their sum over members is one number everywhere."""
    shares = _unit(parts) // _sizes(parts)
    for held in _held(parts):
        yield _spread(held * shares, height, width)


def _size_by_size(samples: Collection[NDArray], parts: Parts, first: NDArray) -> NDArray[np.float64]:
    """The sums of cells with 1, 2, 3 ... samples, each divided by its size; as many sums at a time as memory allows."""
    sizes = sorted({len(cell) for cell in parts.cells})
    at_once = max(1, STRIP // (first.size * 8))
    blended = np.zeros(first.shape)
    for start in range(0, len(sizes), at_once):
        for size, total in _sums_of(sizes[start : start + at_once], samples, parts, first).items():
            blended += total / size
    return blended / (_window(parts, *first.shape[:2]) * white(first.dtype))


def _sums_of(sizes: list[int], samples: Collection[NDArray], parts: Parts, first: NDArray) -> dict[int, NDArray]:
    """Of the cells of each size the sum of window weight times sample."""
    kind = np.int64 if np.issubdtype(first.dtype, np.integer) else np.float64
    totals = {size: np.zeros(first.shape, dtype=kind) for size in sizes}
    of_size = {size: _sizes(parts) == size for size in sizes}
    for held, image in zip(_held(parts), images(samples), strict=True):
        for size, total in totals.items():
            if (held & of_size[size]).any():
                weights = _spread((held & of_size[size]).astype(np.int64), *first.shape[:2])
                total += weights.reshape(weights.shape + (1,) * (first.ndim - 2)) * image.astype(kind)
    return totals


def _unit(parts: Parts) -> int:
    """The least number that every cell can share out evenly among its samples."""
    return math.lcm(*{len(cell) for cell in parts.cells})


def _sizes(parts: Parts) -> NDArray[np.int64]:
    return np.array([len(cell) for cell in parts.cells], dtype=np.int64).reshape(parts.rows, parts.columns)


def _held(parts: Parts) -> NDArray[np.bool_]:
    """(members, rows, columns): which cells show each member."""
    place = {index: number for number, index in enumerate(parts.members)}
    held = np.zeros((len(place), len(parts.cells)), dtype=np.bool_)
    for number, cell in enumerate(parts.cells):
        held[[place[index] for index in cell], number] = True
    return held.reshape(-1, parts.rows, parts.columns)


def _spread(cells: NDArray[np.int64], height: int, width: int) -> NDArray[np.int64]:
    return _softened(_softened(cells, height, axis=0), width, axis=1)


def _window(parts: Parts, height: int, width: int) -> int:
    """The pixels that one pixel's weight is summed over."""
    return (2 * _reach(height, parts.rows) + 1) * (2 * _reach(width, parts.columns) + 1)


def _reach(size: int, count: int) -> int:
    return size // count // 4


def _softened(cells: NDArray[np.int64], size: int, axis: int) -> NDArray[np.int64]:
    """Cells spread over `size` pixels along one axis, then summed over a window of about half a cell.

    Beyond the picture its outermost pixel is repeated, so that the window always holds as many pixels.
    """
    count = cells.shape[axis]
    reach = _reach(size, count)
    places = np.clip(np.arange(-reach - 1, size + reach), 0, size - 1) * count // size
    running = np.cumsum(np.take(cells, places, axis=axis), axis=axis)
    window = 2 * reach + 1
    return np.take(running, np.arange(window, window + size), axis=axis) - np.take(running, np.arange(size), axis=axis)
