"""Whether people pick the same samples more often than they would by chance."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from studies.aggregation.draws import checked_draws, orders, pick_table
from studies.aggregation.estimates import Probability, estimator

VERSION = "1"
TOO_FEW = "undefined: fewer than two participants have picked"
#: People of whom all pairs are compared at a time: the table of all pairs would grow with its square.
ROWS = 512
#: People who are compared in a test against chance; of more, so many are drawn.
MOST_PEOPLE = 200
#: Two means that differ by less are equal: rounding must not decide.
ROUNDING = 1e-12


@dataclass(frozen=True)
class PickAgreement(Probability):
    """value: p, that picking at random agrees as much;  statistic: mean Jaccard index of the `count` people compared.

    null_mean: the mean index of random picks;  people: all who have picked, of whom `count` were compared
    """

    null_mean: float = math.nan
    people: int = 0


@estimator
def jaccard_test(
    selections: Sequence[Collection[int]], pool_size: int, *, draws: int = 1000, seed: int
) -> PickAgreement:
    """Mean Jaccard index of people's picks against random picks.

    selections: of each person, indexes in the pool; who has picked nothing is left out
    Null: everybody picks as many as before, at random; p = (1 + draws that agree as much) / (1 + draws). Of more
    than 200 people, 200 are drawn by the seed and compared, all pairs of them, so that the work stays bounded.
    Fewer than two sets: nan with a reason. Raises ValueError for picks outside the pool.
    """
    sets = [set(selection) for selection in selections if len(selection) > 0]
    if any(not 0 <= pick < pool_size for picks in sets for pick in picks):
        raise ValueError(f"Picks are numbers from 0 to {pool_size - 1}.")
    if len(sets) < 2:
        return PickAgreement(math.nan, "jaccard_test", VERSION, len(sets), reason=TOO_FEW, people=len(sets))
    stream = np.random.PCG64(seed)
    drawn = orders(stream, 1, len(sets))[0, :MOST_PEOPLE] if len(sets) > MOST_PEOPLE else range(len(sets))
    table = pick_table([sets[person] for person in drawn], pool_size)
    with threadpool_limits(1, user_api="blas"):  # many small products: threads would only wait for each other
        found = mean_over_pairs(table)
        null = np.array([mean_over_pairs(_random_picks(stream, table)) for _ in range(checked_draws(draws))])
    p = (1 + int((null >= found - ROUNDING).sum())) / (1 + draws)
    return PickAgreement(
        p, "jaccard_test", VERSION, len(table), statistic=found, method="random picks of as many",
        draws=draws, seed=seed, null_mean=float(null.mean()), people=len(sets),
    )  # fmt: skip


def mean_over_pairs(table: NDArray) -> float:
    """Mean Jaccard index over all pairs of rows of a table of 0 and 1, none of them empty, two at least."""
    people, total = len(table), 0.0
    picked = table.astype(np.float32)  # whole numbers up to 2**24 are exact, and the product is fast
    sizes = picked.sum(axis=1)
    for start in range(0, people, ROWS):
        end = min(start + ROWS, people)
        shared = picked[start:end] @ picked[start:].T
        index = shared / (sizes[start:end, None] + sizes[start:] - shared)
        among = float(index[:, : end - start].sum(dtype=np.float64)) - (end - start)  # everybody's with themselves is 1
        total += among / 2 + float(index[:, end - start :].sum(dtype=np.float64))
    return total / math.comb(people, 2)


def _random_picks(stream: np.random.PCG64, table: NDArray) -> NDArray:
    """As many picks in each row, at random: those of the smallest of a row's random numbers."""
    raw = stream.random_raw(table.size).reshape(table.shape)
    last = np.take_along_axis(np.sort(raw, axis=1), table.sum(axis=1)[:, None] - 1, axis=1)
    return raw <= last
