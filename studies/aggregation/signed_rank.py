"""Wilcoxon's signed-rank test, exact also where differences are equal: scipy's exact one knows no ties."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

MOST = 500  # units: above, scipy's normal approximation, which then differs by less than anybody prints


@dataclass(frozen=True)
class SignedRank:
    """p: two-sided, nan where undefined, with a reason;  median: of all differences;  units: those that differ"""

    p: float
    median: float
    units: int
    reason: str = ""


def signed_rank(differences: NDArray[np.float64]) -> SignedRank:
    """The test of differences (units,), nan = missing. Zeros are left out, and equal sizes share their mean rank."""
    given = differences[~np.isnan(differences)]
    if not given.size:
        return SignedRank(math.nan, math.nan, 0, "undefined: no image has both scores")
    given = np.round(given, 12)  # what differs by rounding errors alone is equal
    apart, median = given[given != 0], float(np.median(given))
    if not apart.size:
        return SignedRank(math.nan, median, 0, "undefined: both have the same score on every image")
    if len(apart) > MOST:
        return SignedRank(float(wilcoxon(apart, method="asymptotic").pvalue), median, len(apart))
    doubled = np.round(2 * rankdata(np.abs(apart))).astype(np.int64)  # whole numbers
    positive = int(doubled[apart > 0].sum())
    lower = min(positive, int(doubled.sum()) - positive)
    return SignedRank(min(1.0, 2 * _at_most(lower, doubled)), median, len(apart))


def _at_most(sum_of_ranks: int, ranks: NDArray[np.int64]) -> float:
    """P(sum <= this) when each rank is taken or not by a fair coin: the number of ways, built up rank by rank."""
    chance = np.zeros(sum_of_ranks + 1)
    chance[0] = 1.0
    for rank in ranks.tolist():
        chance[rank:] += chance[: max(len(chance) - rank, 0)]
        chance /= 2
    return float(chance.sum())
