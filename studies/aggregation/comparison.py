"""Methods against each other. The unit is the image, not the pixel and not the vote."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import friedmanchisquare, rankdata, studentized_range
from scipy.stats import t as student_t

from studies.aggregation.estimates import Interval, Probability, estimator
from studies.aggregation.naming import cochran_q, mcnemar
from studies.aggregation.signed_rank import signed_rank

__all__ = ["cochran_q", "friedman_nemenyi", "mcnemar", "mean_of", "tests", "wilcoxon_holm"]
VERSION = "2"
SIGNIFICANT = 0.05


@estimator
def mean_of(values: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """The mean over images with Student's t interval (Biometrika 6, 1908). values: (units,), nan = missing."""
    table = np.asarray(values, dtype=np.float64)
    known = table[~np.isnan(table)]
    n = len(known)
    reason = "" if n > 1 else "a single image gives no interval" if n else "undefined: no image has a value"
    half = float(student_t.ppf((1 + confidence) / 2, n - 1) * known.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
    mean = float(known.mean()) if n else math.nan
    return Interval(
        mean, "mean_of", VERSION, n, reason=reason, low=mean - half, high=mean + half, confidence=confidence
    )


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
    """Pairs of methods. count: units that a pair has, at most;  least: the smallest adjusted p that these allow

    limits: the same in words, and whether some pairs have too few units for any difference to show

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
    both = [int((~np.isnan(table[first] - table[second])).sum()) for first, second in pairs]
    units = sorted(number for number in both if number)  # pairs that never meet are no tests
    least = min(1.0, len(units) * _alone(units[-1])) if units else math.nan
    return PairedTests(
        pairs=tuple(
            Pair(first, second, test.median, test.units, test.p, p, test.reason)
            for (first, second), test, p in zip(pairs, tests, adjusted, strict=True)
        ),
        least=least,
        name="wilcoxon_holm",
        version=VERSION,
        count=max(both, default=0),
        reason="" if pairs else "undefined: a comparison needs two methods",
        limits=_power(units, least),
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


def _alone(units: int) -> float:
    """The least p of one pair, two-sided: all differences have one sign."""
    return 2.0 ** (1 - units)


def _power(units: list[int], least: float) -> str:
    """units: that each pair has, ascending"""
    if not units:
        return ""
    images = f"{units[-1]} images" if units[0] == units[-1] else f"{units[0]} to {units[-1]} images, by pair,"
    holm_too = f", {least:.3g} after Holm over {len(units)} pairs" if len(units) > 1 else ""
    told = f"{images} allow p = {_alone(units[-1]):.3g} at the least for a pair{holm_too}"
    few = sum(_alone(number) > SIGNIFICANT for number in units)
    if least > SIGNIFICANT:
        return f"{told}: too few for any difference to show."
    return f"{told}; {few} of the pairs have too few for any difference to show." if few else f"{told}."


@dataclass(frozen=True)
class MeanRanks(Probability):
    """Friedman's test of all methods at once: value is its p, statistic its chi-squared, corrected for ties.

    ranks: mean rank of each method, 1 is best;  critical: difference of mean ranks that Nemenyi's test asks for
    pairs: with Nemenyi's p;  groups: methods that it does not tell apart, best first, by row, in sets of two or more
    left_out: rows that lack units which the others have; their rank is nan
    """

    ranks: tuple[float, ...] = ()
    critical: float = math.nan
    alpha: float = 0.05
    pairs: tuple[Pair, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    limits: str = ""
    left_out: tuple[int, ...] = ()


@estimator
def friedman_nemenyi(scores: ArrayLike, *, higher_is_better: bool = True, alpha: float = 0.05) -> MeanRanks:
    """Friedman's test with Nemenyi's critical difference, q sqrt(k (k + 1) / (6 n)) (Demsar, JMLR 7, 2006).

    scores: (methods, units), at least three methods, nan = missing. The test needs every score: left out are those
        units that lack one, or the methods that lack units, whichever leaves more scores to compare
    """
    whole = _checked(scores)
    rows, table = _complete(whole)
    k, n = table.shape
    if k < 3 or n < 2:
        reason = "undefined: Friedman's test needs three methods or more, and two complete images or more"
        return MeanRanks(math.nan, "friedman_nemenyi", VERSION, n, reason=reason, alpha=alpha)
    ranks, every = rankdata(-table if higher_is_better else table, axis=0).mean(axis=1), np.full(len(whole), math.nan)
    every[rows] = ranks
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
        ranks=tuple(every.tolist()),
        critical=critical,
        alpha=alpha,
        pairs=tuple(_nemenyi(every, rows, n, unit)),
        groups=tuple(tuple(rows[place] for place in group) for group in _groups(ranks, critical)),
        limits=f"With {n} images, mean ranks must differ by {critical:.2f} of at most {k - 1} to be told apart.",
        left_out=tuple(row for row in range(len(whole)) if row not in rows),
    )


def _complete(table: NDArray[np.float64]) -> tuple[list[int], NDArray[np.float64]]:
    """Three rows or more, and their scores in the units that all of these have: as many scores as can be.

    The fullest rows come first; of equals the one with more rows.
    """
    there = ~np.isnan(table)
    order = np.argsort(-there.sum(axis=1), kind="stable")
    sizes = {count: count * int(there[order[:count]].all(axis=0).sum()) for count in range(3, len(table) + 1)}
    best = max(sizes, key=lambda count: (sizes[count], count), default=len(table))
    rows = sorted(order[:best].tolist())
    return rows, table[np.ix_(rows, np.flatnonzero(there[rows].all(axis=0)))]


def _nemenyi(ranks: NDArray[np.float64], rows: list[int], n: int, unit: float) -> list[Pair]:
    found = []
    for first, second in itertools.combinations(rows, 2):
        difference = float(ranks[first] - ranks[second])
        p = float(studentized_range.sf(abs(difference) / unit * math.sqrt(2), len(rows), np.inf))
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


def tests(scores: NDArray[np.float64], *, against: int, confidence: float) -> dict[str, Any]:
    """All that is told of methods. scores: (methods, units), nan = missing;  against: the row whose lead is told."""
    return {
        "means": [mean_of(row, confidence=confidence) for row in scores],
        "leads": [mean_of(scores[against] - row, confidence=confidence) for row in scores],
        "friedman": friedman_nemenyi(scores),
        "wilcoxon": wilcoxon_holm(scores, against=against),
    }
