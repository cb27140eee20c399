"""Agreement among people: on labels and scores (kappa, alpha), and of those who pick samples (Jaccard)."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.aggregation.alpha import Level, alphas, raw_agreement, units_and_values
from studies.aggregation.draws import blocks, checked_draws, resampled
from studies.aggregation.estimates import Estimate, Interval, estimator
from studies.aggregation.picking import TOO_FEW, mean_over_pairs

VERSION = "2"
NO_VARIATION = "undefined: no variation, all ratings are the same"
ONE_UNIT = "undefined: a single unit cannot tell agreement from chance, which is that of its own ratings"
#: Units from which on resamples of them are told: of four there are 35 different ones, and no tail of 2.5 %.
LEAST_UNITS = 5


@dataclass(frozen=True)
class Agreement(Interval):
    """value: beyond chance, 1 full agreement, 0 chance;  raw: share of pairs that agree, chance included.

    count: units that at least two have rated. Where one label prevails, `value` can be near 0 while `raw` is near 1:
    show both. Limits are nan where no interval was asked for.
    """

    raw: float = math.nan
    resamples: int = 0
    seed: int | None = None


@estimator
def fleiss_kappa(table: ArrayLike) -> Agreement:
    """Fleiss' kappa (Psychological Bulletin 76, 1971). table: (units, categories) numbers of ratings.

    Every unit needs the same number of ratings, at least 2: otherwise, and without variation, nan with a reason.
    """
    counts = _counts(table)
    shares = counts.sum(axis=0) / max(counts.sum(), 1)
    return _kappa("fleiss_kappa", counts, float((shares**2).sum()))


@estimator
def randolph_kappa(table: ArrayLike) -> Agreement:
    """Randolph's free-marginal kappa (2005), by which chance is 1 / categories. table: as for `fleiss_kappa`."""
    counts = _counts(table)
    return _kappa("randolph_kappa", counts, 1 / max(counts.shape[1], 1))


@estimator
def krippendorff_alpha(
    ratings: ArrayLike, *, level: Level, resamples: int = 1000, seed: int | None = None, confidence: float = 0.95
) -> Agreement:
    """Krippendorff's alpha (Computing Krippendorff's Alpha-Reliability, 2011): 1 - observed / expected disagreement.

    ratings: (units, raters), None or nan where missing; numbers, or names for the level "nominal"
    level: "nominal" (equal or not), "ordinal" (by ranks) or "interval" (by squared differences)
    seed: of the interval, quantiles over `resamples` of the units with replacement; without it, and for fewer than
        5 units with two ratings, there are no limits

    nan with a reason: for fewer than two units with two ratings (of one alone, observed and expected disagreement are
    the same, whatever it says), and without variation. Resamples without variation are left
    out. Raises ValueError for ratings that are no table, and for names where the level needs numbers.
    """
    table, values = units_and_values(ratings, level)
    if not len(table):
        reason = "undefined: no unit has two ratings"
        return Agreement(math.nan, "krippendorff_alpha", VERSION, 0, reason=reason, confidence=confidence)
    value = float(alphas(table, values, np.ones((1, len(table))), level)[0])
    reason = ONE_UNIT if len(table) == 1 else NO_VARIATION if math.isnan(value) else ""
    drawn = 0 if reason or seed is None or len(table) < LEAST_UNITS else checked_draws(resamples)
    low, high = _limits(table, values, level, drawn, seed, confidence)
    return Agreement(
        math.nan if reason else value, "krippendorff_alpha", VERSION, len(table), reason=reason,
        low=low, high=high, confidence=confidence, raw=raw_agreement(table), resamples=drawn, seed=seed,
    )  # fmt: skip


@estimator
def mean_jaccard(selections: Sequence[Collection[Hashable]]) -> Estimate:
    """Mean Jaccard index, |A and B| / |A or B|, over all pairs of participants' sets of picks.

    Empty sets (ballots without a pick) are left out. Fewer than two sets: nan with a reason.
    """
    sets = [set(selection) for selection in selections if len(selection) > 0]
    if len(sets) < 2:
        return Estimate(math.nan, "mean_jaccard", VERSION, len(sets), reason=TOO_FEW)
    columns = {pick: index for index, pick in enumerate(dict.fromkeys(pick for picks in sets for pick in picks))}
    table = np.zeros((len(sets), len(columns)), dtype=np.int64)
    for row, picks in enumerate(sets):
        table[row, [columns[pick] for pick in picks]] = 1
    return Estimate(mean_over_pairs(table), "mean_jaccard", VERSION, len(sets))


def _counts(table: ArrayLike) -> NDArray[np.int64]:
    counts = np.asarray(table)
    if counts.size == 0:
        return np.zeros((0, 0), dtype=np.int64)
    if counts.ndim != 2 or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError("Numbers of ratings are a table: a row for each unit, a column for each category.")
    return counts.astype(np.int64)


def _kappa(name: str, counts: NDArray[np.int64], chance: float) -> Agreement:
    sizes = counts.sum(axis=1)
    if not len(sizes) or sizes.max() < 2:
        return Agreement(math.nan, name, VERSION, 0, reason="undefined: no unit has two ratings")
    if (sizes != sizes[0]).any():
        reason = "undefined: units have different numbers of ratings; Krippendorff's alpha allows for that"
        return Agreement(math.nan, name, VERSION, len(sizes), reason=reason)
    raw = raw_agreement(counts)
    if chance == 1:
        return Agreement(math.nan, name, VERSION, len(sizes), reason=NO_VARIATION, raw=raw)
    return Agreement((raw - chance) / (1 - chance), name, VERSION, len(sizes), raw=raw)


def _limits(
    table: NDArray[np.int64],
    values: NDArray[np.float64],
    level: Level,
    draws: int,
    seed: int | None,
    confidence: float,
) -> tuple[float, float]:
    """Quantiles over resamples of the units; nan where nothing is drawn or no resample varies."""
    stream, units = np.random.PCG64(seed), len(table)
    found = [
        alphas(table, values, resampled(stream, count, units), level) for count in blocks(draws, units + table.shape[1])
    ]
    defined = [draw[~np.isnan(draw)] for draw in found]
    if not sum(map(len, defined)):
        return math.nan, math.nan
    low, high = np.quantile(np.concatenate(defined), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
