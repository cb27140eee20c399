"""Random draws from a stored seed, and votes and selections for many of them at once.

All come from the raw 64-bit stream of numpy's PCG64, which stays the same over versions of numpy (NEP 19), and are
taken in the order of the draws: whatever fits into memory at a time, a seed gives the same draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.aggregation.counts import Ties, tie_keys

#: Numbers held at a time, 8 bytes each.
CHUNK = 1_000_000


def checked_draws(draws: int) -> int:
    """Raises ValueError for fewer than one."""
    if draws < 1:
        raise ValueError(f"Make at least one random draw, not {draws}.")
    return draws


def blocks(draws: int, width: int) -> Iterator[int]:
    """How many draws to take at a time, each of which holds `width` numbers."""
    size = max(1, CHUNK // max(width, 1))
    for start in range(0, draws, size):
        yield min(size, draws - start)


def resampled(stream: np.random.PCG64, draws: int, size: int) -> NDArray[np.int64]:
    """How often each of `size` units is taken when `size` are taken with replacement, as (draws, size).

    The remainder of a raw 64-bit number chooses the unit: uneven by less than size / 2**64.
    """
    chosen = stream.random_raw(draws * size) % np.uint64(size)
    flat = chosen.astype(np.int64) + np.repeat(np.arange(draws) * size, size)
    return np.bincount(flat, minlength=draws * size).reshape(draws, size)


def orders(stream: np.random.PCG64, draws: int, size: int) -> NDArray[np.int64]:
    """Random orders of 0 .. size - 1, as (draws, size)."""
    return np.argsort(stream.random_raw(draws * size).reshape(draws, size), axis=1, kind="stable")


def uniforms(stream: np.random.PCG64, draws: int) -> NDArray[np.float64]:
    """Numbers in (0, 1), 53 bits each."""
    return ((stream.random_raw(draws) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def pick_table(picks: Sequence[Collection[int]], pool_size: int) -> NDArray[np.int64]:
    """Sets of picks, by index in the pool, as a table of 0 and 1 (participants, samples)."""
    table = np.zeros((len(picks), pool_size), dtype=np.int64)
    for row, picked in enumerate(picks):
        table[row, list(picked)] = 1
    return table


def checked_table(table: ArrayLike) -> NDArray[np.int64]:
    """A table of 0 and 1 (participants, samples). Raises ValueError for any other."""
    found = np.asarray(table)
    if found.size == 0 and found.ndim == 1:
        return np.zeros((0, 0), dtype=np.int64)
    if found.ndim != 2 or not np.isin(found, (0, 1)).all():
        raise ValueError("Picks are a table of 0 and 1: a row for each participant, a column for each sample.")
    return found.astype(np.int64)


def top_n_of_each(
    votes: NDArray[Any], n: int, ties: Ties, keys: ArrayLike | None, seed: int | None
) -> NDArray[np.bool_]:
    """`counts.top_n` for every row of votes (draws, m), as (draws, m): whether the sample is chosen."""
    m = votes.shape[1]
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}.")
    if not m:
        return np.zeros(votes.shape, dtype=np.bool_)
    n = min(n, m)
    if ties in ("include_all", "strict"):
        cut = np.partition(votes, m - n, axis=1)[:, m - n, None]
        within = (votes >= cut) & (votes > 0)
        fits = (within.sum(axis=1) <= n)[:, None]
        return within if ties == "include_all" else within & (fits | (votes > cut))
    rank = np.empty(m, dtype=np.int64)
    rank[np.lexsort((np.arange(m), tie_keys(m, ties, keys, seed)))] = np.arange(m)
    scores = votes.astype(np.int64) * m - rank  # all different: more votes first, then the key
    cut = np.partition(scores, m - n, axis=1)[:, m - n, None]
    return (scores >= cut) & (votes > 0)


def chosen_indexes(chosen: NDArray[np.bool_]) -> tuple[int, ...]:
    """One row of `top_n_of_each` as the indexes of its samples."""
    return tuple(np.flatnonzero(chosen).tolist())
