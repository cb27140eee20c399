"""Naming right or wrong, before and after, or under several conditions, by the same people."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, chi2

from studies.aggregation.estimates import Probability, estimator

VERSION = "1"


@dataclass(frozen=True)
class Change(Probability):
    """McNemar's test: value is its exact p. gained: from wrong to right;  lost: from right to wrong."""

    gained: int = 0
    lost: int = 0
    limits: str = ""


@estimator
def mcnemar(before: ArrayLike, after: ArrayLike) -> Change:
    """Whether the same people name more images rightly after than before, by an exact binomial test.

    before, after: (cases,), right or wrong, in the same order. Only those who changed count (McNemar, Psychometrika
    12, 1947). Raises ValueError for unequal lengths.
    """
    first, second = (_right_or_wrong(answers, 1) for answers in (before, after))
    if first.shape != second.shape:
        raise ValueError(f"There are {len(first)} answers before and {len(second)} after: give pairs.")
    gained, lost = int((~first & second).sum()), int((first & ~second).sum())
    changed = gained + lost
    p = binomtest(gained, changed).pvalue if changed else math.nan
    return Change(
        value=float(p),
        name="mcnemar",
        version=VERSION,
        count=len(first),
        reason="" if changed else "undefined: nobody changed",
        statistic=float(min(gained, lost)),
        method="exact binomial",
        gained=gained,
        lost=lost,
        limits=f"{changed} changes allow p = {min(1.0, 2.0 ** (1 - changed)):.3g} at the least." if changed else "",
    )


@estimator
def cochran_q(table: ArrayLike) -> Probability:
    """Whether naming is equally right under several conditions (Cochran, Biometrika 37, 1950).

    table: (cases, conditions), right or wrong. Cases that are alike under all conditions carry nothing.
    """
    right = _right_or_wrong(table, 2).astype(np.float64)
    cases, conditions = right.shape
    columns, rows = right.sum(axis=0), right.sum(axis=1)
    spread = float((rows * (conditions - rows)).sum())
    method = f"chi-squared with {conditions - 1} degrees of freedom"
    if not spread:
        reason = "undefined: every case is alike under all conditions"
        return Probability(math.nan, "cochran_q", VERSION, cases, reason=reason, method=method)
    q = float(conditions * (conditions - 1) * ((columns - columns.mean()) ** 2).sum() / spread)
    p = float(chi2.sf(q, conditions - 1))
    return Probability(p, "cochran_q", VERSION, cases, statistic=q, method=method)


def _right_or_wrong(answers: ArrayLike, dimensions: int) -> NDArray[np.bool_]:
    found = np.asarray(answers)
    if found.ndim != dimensions or (found.size and not np.isin(found, (0, 1)).all()):
        raise ValueError("Answers are right (1) or wrong (0), without gaps.")
    return found.astype(bool)
