"""Krippendorff's alpha for many weightings of the units at once; `agreement` has the estimator itself."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Level = Literal["nominal", "ordinal", "interval"]


def units_and_values(ratings: ArrayLike, level: Level) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Units with at least two ratings as (units, values) numbers of ratings, and the values in their order.

    Names of a nominal level become 0, 1, ... as they first occur. Raises ValueError, see `krippendorff_alpha`.
    """
    if level not in ("nominal", "ordinal", "interval"):
        raise ValueError(f"There is no level {level!r}: use nominal, ordinal or interval.")
    given = np.asarray(ratings, dtype=object)
    if given.ndim != 2:
        if given.size == 0:
            return np.zeros((0, 0), dtype=np.int64), np.zeros(0)
        raise ValueError("Ratings are a table: a row for each unit, a column for each rater, None where missing.")
    there = np.array([mark is not None and mark == mark for mark in given.flat], dtype=bool).reshape(given.shape)
    units = np.nonzero(there)[0]
    codes, values = _coded(given[there], level)
    table = np.bincount(units * max(len(values), 1) + codes, minlength=len(given) * len(values))
    table = table.reshape(len(given), len(values))
    return table[table.sum(axis=1) >= 2], values


def raw_agreement(table: NDArray[np.int64]) -> float:
    """Share of pairs of ratings of the same unit that are equal; each unit counts by its number of ratings."""
    sizes = table.sum(axis=1)
    return float(((table * (table - 1)).sum(axis=1) / (sizes - 1)).sum() / sizes.sum())


def alphas(
    table: NDArray[np.int64], values: NDArray[np.float64], weights: NDArray[Any], level: Level
) -> NDArray[np.float64]:
    """Alpha for each row of weights (draws, units), nan without variation. table: as from `units_and_values`.

    With m_u ratings in a unit, n_c of the value c and n in all: alpha = 1 - (n - 1) sum_u w_u D_u / D, D_u being
    the unit's sum of differences over its ordered pairs / (m_u - 1), and D that of all n ratings. Differences of
    the ordinal level are those of the interval level between middle ranks, which change with the weights.
    """
    sizes, totals = table.sum(axis=1), weights @ table
    n = totals.sum(axis=1)
    if level == "nominal":
        observed = weights @ ((sizes**2 - (table**2).sum(axis=1)) / (sizes - 1))
        expected = n**2 - (totals**2).sum(axis=1)
    else:
        at = (values - values.mean())[None] if level == "interval" else np.cumsum(totals, axis=1) - totals / 2
        within = sizes * (at**2 @ table.T) - (at @ table.T) ** 2
        observed = 2 * (weights * within / (sizes - 1)).sum(axis=1)
        expected = 2 * (n * (totals * at**2).sum(axis=1) - (totals * at).sum(axis=1) ** 2)
    varied = (totals > 0).sum(axis=1) > 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(varied, 1 - (n - 1) * observed / expected, np.nan)


def _coded(given: NDArray[np.object_], level: Level) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if level == "nominal":
        names: dict[Hashable, int] = {}
        codes = np.array([names.setdefault(name, len(names)) for name in given], dtype=np.int64)
        return codes, np.arange(len(names), dtype=np.float64)
    try:
        values, codes = np.unique(given.astype(np.float64), return_inverse=True)
    except (TypeError, ValueError):
        raise ValueError(f"The level {level} needs numbers; names are nominal.") from None
    return codes, values
