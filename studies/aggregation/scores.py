"""One opinion score per stimulus with its interval, and what stays undefined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from studies.aggregation import draws, observers

VERSION = "2"
FEW_OBSERVERS = 15
Scale = tuple[float, float]
Table = NDArray[np.float64]


@dataclass(frozen=True)
class OpinionScores:
    """One score per stimulus with its confidence limits. What is undefined is nan, and `reason` says why.

    counts: ratings behind each score, those of rejected observers left out;  count: all of them together
    rejected: observers left out, by column;  bias, inconsistency: of each observer, in points of the scale, bias
    above 0 for those who rate high; empty where the method has none
    interval: "t", "bootstrap" or "normal";  limits: what the scores cannot carry, in words
    """

    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]
    name: str
    version: str
    count: int
    reason: str = ""
    rejected: tuple[int, ...] = ()
    bias: tuple[float, ...] = ()
    inconsistency: tuple[float, ...] = ()
    interval: str = "t"
    confidence: float = 0.95
    limits: str = ""
    inputs: str = ""


def with_t(table: Table, name: str, scale: Scale, confidence: float, **more: Any) -> OpinionScores:
    number = (~np.isnan(table)).sum(axis=1)
    mean = observers.means(table, axis=1)
    squares = np.nansum((table - mean[:, None]) ** 2, axis=1)
    freedom = np.where(number > 1, number - 1, np.nan)
    half = t.ppf((1 + confidence) / 2, freedom) * np.sqrt(squares / freedom / np.maximum(number, 1))
    return result(table, name, mean - half, mean + half, scale, confidence=confidence, **more)


def resampled_means(table: Table, seed: int, resamples: int) -> Table:
    """Means (resamples, stimuli) over observers drawn anew; nan where nobody of them had rated the stimulus."""
    weights = draws.resampled(np.random.PCG64(seed), resamples, table.shape[1]).astype(np.float64)
    number = weights @ (~np.isnan(table)).T
    return np.where(number > 0, weights @ np.nan_to_num(table).T / np.maximum(number, 1), np.nan)


def result(
    table: Table,
    name: str,
    low: Table,
    high: Table,
    scale: Scale,
    scores: Table | None = None,
    reason: str = "",
    **more: Any,
) -> OpinionScores:
    scores = observers.means(table, axis=1) if scores is None else scores
    counts = (~np.isnan(table)).sum(axis=1)
    return OpinionScores(
        scores=tuple(scores.tolist()),
        low=tuple(np.minimum(np.maximum(low, scale[0]), scores).tolist()),
        high=tuple(np.maximum(np.minimum(high, scale[1]), scores).tolist()),
        counts=tuple(counts.tolist()),
        name=name,
        version=VERSION,
        count=int(counts.sum()),
        reason=reason or _missing(counts),
        limits=_limits(table, counts),
        **more,
    )


def _missing(counts: NDArray[np.int64]) -> str:
    """Why scores or intervals are undefined."""
    if not counts.any():
        return "undefined: there are no ratings yet"
    none, one = (", ".join(map(str, np.flatnonzero(counts == number).tolist())) for number in (0, 1))
    told = [f"nobody rated stimuli {none}"] if none else []
    told += [f"a single rating gives no interval: stimuli {one}"] if one else []
    return "undefined in part: " + "; ".join(told) if told else ""


def _limits(table: Table, counts: NDArray[np.int64]) -> str:
    told = []
    people = int((~np.isnan(table)).any(axis=0).sum())
    if people < FEW_OBSERVERS:
        told.append(f"Few observers ({people}): BT.500 asks for {FEW_OBSERVERS} and calls a test with less informal.")
    spans = np.nanmax(table[counts > 1], axis=1) - np.nanmin(table[counts > 1], axis=1) if (counts > 1).any() else []
    if alike := int((np.asarray(spans) < 1e-9).sum()):
        told.append(f"For {alike} stimuli all ratings are alike: an interval without width is no certainty.")
    return " ".join(told)
