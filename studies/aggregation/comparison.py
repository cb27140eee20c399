"""Methods against each other. The unit is the image, not the pixel and not the vote."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import friedmanchisquare, rankdata, studentized_range

from studies.aggregation.estimates import Probability, estimator
from studies.aggregation.naming import cochran_q, mcnemar
from studies.aggregation.signed_rank import signed_rank

__all__ = ["cochran_q", "friedman_nemenyi", "mcnemar", "wilcoxon_holm"]
VERSION = "1"


@dataclass(frozen=True)
class Pair:
    """Two methods, by row. difference: of first minus second, in scores (median) or in mean ranks.

    p: of this pair by itself, nan where undefined, with a reason;  adjusted: for all pairs together
    """

    first: int
    second: int
    difference: float
    units: int
    p: float
    adjusted: float
    reason: str = ""


@dataclass(frozen=True)
class PairedTests:
    """Pairs of methods. count: units;  least: the smallest adjusted p that so many units allow; limits: in words

    against: the row that all the others are compared with; None when every pair was
    """

    pairs: tuple[Pair, ...]
    least: float
    name: str
    version: str
    count: int
    reason: str = ""
    limits: str = ""
    inputs: str = ""
    against: int | None = None


@estimator
def wilcoxon_holm(scores: ArrayLike, *, against: int | None = None) -> PairedTests:
    """Exact two-sided Wilcoxon signed-rank tests of pairs of methods, adjusted by Holm over those pairs.

    scores: (methods, units), nan = missing; a pair rests on the units that both have
    against: compare this row alone with each other one (many-to-one, as against a control: Demsar, JMLR 7, 2006,
        section 3.2.2), which leaves fewer tests to pay for; else every pair

    Equal scores are left out (Wilcoxon, Biometrics Bulletin 1, 1945), equal differences share their ranks, and p comes
    from all 2^n signs (above 500 images from the normal approximation). Holm, Scandinavian Journal of Statistics 6
    (1979).
    """
    table = _checked(scores)
    rows = range(len(table))
    every = itertools.combinations(rows, 2)
    pairs = list(every) if against is None else [(against, other) for other in rows if other != against]
    tests = [signed_rank(table[first] - table[second]) for first, second in pairs]
    adjusted = holm([test.p for test in tests])
    units = int((~np.isnan(table)).all(axis=0).sum())
    least = min(1.0, len(pairs) * 2.0 ** (1 - units)) if units and pairs else math.nan
    return PairedTests(
        pairs=tuple(
            Pair(first, second, test.median, test.units, test.p, p, test.reason)
            for (first, second), test, p in zip(pairs, tests, adjusted, strict=True)
        ),
        least=least,
        name="wilcoxon_holm",
        version=VERSION,
        count=units,
        reason="" if pairs else "undefined: a comparison needs two methods",
        limits=_power(units, len(pairs), least),
        against=against,
    )


def holm(p_values: list[float]) -> list[float]:
    """Adjusted p-values, step down; undefined ones (nan) are no tests and stay undefined."""
    order = [place for place in np.argsort(p_values, kind="stable").tolist() if not math.isnan(p_values[place])]
    adjusted, worst = [math.nan] * len(p_values), 0.0
    for step, place in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - step) * p_values[place]))
        adjusted[place] = worst
    return adjusted


def _power(units: int, pairs: int, least: float) -> str:
    if not (units and pairs):
        return ""
    alone = 2.0 ** (1 - units)
    holm_too = f", {least:.3g} after Holm over {pairs} pairs" if pairs > 1 else ""
    told = f"{units} images allow p = {alone:.3g} at the least for a pair{holm_too}"
    return f"{told}: too few for any difference to show." if least > 0.05 else f"{told}."


@dataclass(frozen=True)
class MeanRanks(Probability):
    """Friedman's test of all methods at once: value is its p, statistic its chi-squared, corrected for ties.

    ranks: mean rank of each method, 1 is best;  critical: difference of mean ranks that Nemenyi's test asks for
    pairs: with Nemenyi's p;  groups: methods that it does not tell apart, best first, by row, in sets of two or more
    """

    ranks: tuple[float, ...] = ()
    critical: float = math.nan
    alpha: float = 0.05
    pairs: tuple[Pair, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    limits: str = ""


@estimator
def friedman_nemenyi(scores: ArrayLike, *, higher_is_better: bool = True, alpha: float = 0.05) -> MeanRanks:
    """Friedman's test with Nemenyi's critical difference, q sqrt(k (k + 1) / (6 n)) (Demsar, JMLR 7, 2006).

    scores: (methods, units), at least three methods; units that lack a score are left out
    """
    table = _checked(scores)
    table = table[:, ~np.isnan(table).any(axis=0)]
    k, n = table.shape
    if k < 3 or n < 2:
        reason = "undefined: Friedman's test needs three methods or more, and two complete images or more"
        return MeanRanks(math.nan, "friedman_nemenyi", VERSION, n, reason=reason, alpha=alpha)
    ranks = rankdata(-table if higher_is_better else table, axis=0).mean(axis=1)
    unit = math.sqrt(k * (k + 1) / (6 * n))
    critical = float(studentized_range.ppf(1 - alpha, k, np.inf)) / math.sqrt(2) * unit
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic, p = friedmanchisquare(*table)
    return MeanRanks(
        value=float(p),
        name="friedman_nemenyi",
        version=VERSION,
        count=n,
        reason="undefined: all methods have the same scores everywhere" if math.isnan(p) else "",
        statistic=float(statistic),
        method=f"chi-squared with {k - 1} degrees of freedom",
        ranks=tuple(ranks.tolist()),
        critical=critical,
        alpha=alpha,
        pairs=tuple(_nemenyi(ranks, n, unit)),
        groups=_groups(ranks, critical),
        limits=f"With {n} images, mean ranks must differ by {critical:.2f} of at most {k - 1} to be told apart.",
    )


def _nemenyi(ranks: NDArray[np.float64], n: int, unit: float) -> list[Pair]:
    found = []
    for first, second in itertools.combinations(range(len(ranks)), 2):
        difference = float(ranks[first] - ranks[second])
        p = float(studentized_range.sf(abs(difference) / unit * math.sqrt(2), len(ranks), np.inf))
        found.append(Pair(first, second, difference, n, math.nan, p))
    return found


def _groups(ranks: NDArray[np.float64], critical: float) -> tuple[tuple[int, ...], ...]:
    """The longest runs, in the order of ranks, whose ends differ by less than the critical difference."""
    order = np.argsort(ranks, kind="stable")
    ends = [int(np.searchsorted(ranks[order], ranks[start] + critical)) for start in order]
    runs = [(start, end) for start, end in enumerate(ends) if end - start > 1 and (start == 0 or end > ends[start - 1])]
    return tuple(tuple(order[start:end].tolist()) for start, end in runs)


def _checked(scores: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"Scores are a table of methods and units, not an array of shape {table.shape}.")
    return table
