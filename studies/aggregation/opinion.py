"""Opinion scores of rated stimuli, by the standards of ITU-R BT.500 and ITU-T P.910 and P.913.

Ratings are (stimuli, observers), nan = missing. Stimuli and observers are named by row and column from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from studies.aggregation import observers
from studies.aggregation.estimates import estimator
from studies.aggregation.scores import OpinionScores, Scale, Table, resampled_means, result, with_t

ACR: Scale = (1.0, 5.0)


@estimator
def mos(
    ratings: ArrayLike,
    *,
    interval: Literal["t", "bootstrap"] = "t",
    seed: int | None = None,
    resamples: int = 2000,
    scale: Scale = ACR,
    confidence: float = 0.95,
) -> OpinionScores:
    """Mean opinion scores, with intervals that do not leave the scale.

    interval: "t" is mean +- t SE of each stimulus by itself; "bootstrap" draws whole observers anew, `resamples`
        times from `seed` (see `draws.resampled`), and takes percentiles

    Raises ValueError for ratings off the scale, and for a bootstrap without a seed.
    """
    table = _checked(ratings, scale)
    if interval == "t":
        return with_t(table, "mos", scale, confidence)
    if interval != "bootstrap" or seed is None:
        raise ValueError("Intervals are 't' or 'bootstrap', and a bootstrap needs a stored seed.")
    tail = (1 - confidence) / 2
    enough = (~np.isnan(table)).sum(axis=1) > 1
    low, high = np.full((2, len(table)), np.nan)
    if enough.any():
        means = resampled_means(table[enough], seed, resamples)
        low[enough], high[enough] = np.nanquantile(means, [tail, 1 - tail], axis=0)
    return result(table, "mos", low, high, scale, interval="bootstrap", confidence=confidence)


@estimator
def dmos(
    ratings: ArrayLike, references: Sequence[int | None], *, scale: Scale = ACR, confidence: float = 0.95
) -> OpinionScores:
    """Differential scores against a hidden reference: rating - rating of the reference + 5 (P.910, ACR-HR).

    references: for each stimulus the row of its reference, which gets the top of the scale by definition; None for a
        stimulus without one, which then has no score. The
    difference is each observer's own; who did not rate the reference is missing. Above 5 the stimulus was liked
    better than its reference.
    """
    table = _checked(ratings, scale)
    known = np.array([row is not None for row in references], dtype=np.bool_)
    rows = np.array([0 if row is None else row for row in references], dtype=np.int64)
    if rows.shape != table.shape[:1] or not ((rows >= 0) & (rows < len(table))).all():
        raise ValueError("Give the row of a reference for each stimulus.")
    bottom, top = scale
    differences = np.where(known[:, None], table - table[rows] + top, np.nan)
    return with_t(differences, "dmos", (bottom, 2 * top - bottom), confidence)


@estimator
def bt500(ratings: ArrayLike, *, scale: Scale = ACR, confidence: float = 0.95) -> OpinionScores:
    """Mean opinion scores without the observers that ITU-R BT.500-15 rejects; see `observers.screened`."""
    table = _checked(ratings, scale)
    rejected = observers.screened(table)
    return with_t(_without(table, rejected), "bt500", scale, confidence, rejected=tuple(rejected))


@estimator
def p913(ratings: ArrayLike, *, scale: Scale = ACR, confidence: float = 0.95) -> OpinionScores:
    """Scores after each observer's bias is taken off (ITU-T P.913, 12.4), then screened as by `bt500`."""
    table = _checked(ratings, scale)
    lean = observers.bias(table)
    even = table - lean
    rejected = observers.screened(even)
    kept = _without(even, rejected)
    return with_t(kept, "p913", scale, confidence, rejected=tuple(rejected), bias=tuple(lean.tolist()))


@estimator
def p910(ratings: ArrayLike, *, scale: Scale = ACR, confidence: float = 0.95) -> OpinionScores:
    """Maximum likelihood scores with each observer's bias and inconsistency (ITU-T P.910 Annex E = P.913, 12.6).

    Nobody is rejected: inconsistent observers weigh less. Who gave a single rating is left out, as bias alone would
    explain it. Interval: score +- 1.96 * standard deviation of the residues of the stimulus / sqrt(ratings).
    """
    table = _checked(ratings, scale)
    lean, noise = np.full((2, table.shape[1]), np.nan)
    scores, errors = np.full((2, len(table)), np.nan)
    used = (~np.isnan(table)).sum(axis=0) > 1
    table = np.where(used, table, np.nan)
    rated = ~np.isnan(table).all(axis=1)
    reason = ""
    if rated.any():
        fit = observers.fit(table[np.ix_(rated, used)])
        reason = fit.reason
        lean[used], noise[used] = fit.bias, fit.inconsistency
        scores[rated], errors[rated] = (np.nan, np.nan) if reason else (fit.scores, fit.errors)
    half = float(norm.ppf((1 + confidence) / 2)) * np.where((~np.isnan(table)).sum(axis=1) > 1, errors, np.nan)
    more: dict[str, Any] = {"bias": tuple(lean.tolist()), "inconsistency": tuple(noise.tolist()), "interval": "normal"}
    return result(table, "p910", scores - half, scores + half, scale, scores, reason, confidence=confidence, **more)


def _checked(ratings: ArrayLike, scale: Scale) -> Table:
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"Ratings are a table of stimuli and observers, not an array of shape {table.shape}.")
    given = table[~np.isnan(table)]
    if given.size and not (scale[0] <= given.min() and given.max() <= scale[1]):
        raise ValueError(f"Ratings lie between {scale[0]:g} and {scale[1]:g}; some do not.")
    return table


def _without(table: Table, rejected: list[int]) -> Table:
    kept = table.copy()
    kept[:, rejected] = np.nan
    return kept
