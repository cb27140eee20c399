"""What is wrong with whom: screening of observers (ITU-R BT.500), their bias and inconsistency (ITU-T P.913, P.910).

Ratings are float (stimuli, observers), nan = missing. Formulas as in the reference programs of Netflix's sureal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import bmat, csr_array
from scipy.sparse.csgraph import connected_components

STEPS = 1000
CHANGE = 1e-8
RESIDUE = 1e-8  # added to the variance of an observer, so that nobody's weight is infinite
EXACT = 1e-3  # points: who is off by less agrees with the scores exactly


def screened(ratings: NDArray[np.float64]) -> list[int]:
    """Observers that ITU-R BT.500-15 (A1-2.3.1) rejects: often far off the mean, and to both sides alike.

    Far is 2 standard deviations where the ratings of a stimulus look normal (kurtosis 2 to 4), else sqrt(20). How
    often is told of the stimuli that the observer has rated. Stimuli without variance tell nothing of anybody and are
    skipped. If all were to go, all stay.
    """
    above, below, judged = np.zeros((3, ratings.shape[1]))
    for row in ratings:
        given = row[~np.isnan(row)]
        if len(given) < 2 or np.ptp(given) < 1e-9:
            continue
        judged += ~np.isnan(row)
        mean, deviation = given.mean(), given.std()
        kurtosis = ((given - mean) ** 4).mean() / deviation**4
        far = (2 if 2 <= kurtosis <= 4 else math.sqrt(20)) * deviation
        with np.errstate(invalid="ignore"):
            above += row >= mean + far
            below += row <= mean - far
    off = above + below
    often = [i for i in np.flatnonzero(off).tolist() if off[i] / judged[i] > 0.05]
    rejected = [i for i in often if _balance(above, below, i) < 0.3]
    return rejected if len(rejected) < ratings.shape[1] else []


def _balance(above: NDArray, below: NDArray, observer: int) -> float:
    return float(abs(above[observer] - below[observer]) / (above[observer] + below[observer]))


def bias(ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much each observer rates above the mean opinion on the stimuli they rated (ITU-T P.913, 12.4)."""
    return means(ratings - means(ratings, axis=1)[:, None], axis=0)


@dataclass(frozen=True)
class Fit:
    """Scores (stimuli,), their standard errors, and each observer's bias and inconsistency (observers,)."""

    scores: NDArray[np.float64]
    errors: NDArray[np.float64]
    bias: NDArray[np.float64]
    inconsistency: NDArray[np.float64]
    reason: str = ""


def fit(ratings: NDArray[np.float64]) -> Fit:
    """Maximum likelihood of rating = score + bias + inconsistency * noise by alternating projection (P.910, Annex E).

    Every stimulus and every observer needs a rating. Mean bias is 0.
    """
    if reason := _not_identified(ratings):
        none, nobody = (np.full(number, np.nan) for number in ratings.shape)
        return Fit(none, none, nobody, nobody, reason)
    scores = means(ratings, axis=1)
    lean = bias(ratings)
    converged = False
    for _ in range(STEPS):
        noise = _deviations(ratings - scores[:, None] - lean, axis=0)
        weights = np.where(np.isnan(ratings), 0.0, 1 / (noise**2 + RESIDUE))
        before, scores = scores, (weights * np.nan_to_num(ratings - lean)).sum(axis=1) / weights.sum(axis=1)
        lean = means(ratings - scores[:, None], axis=0)
        if converged := bool(np.linalg.norm(scores - before) < CHANGE):
            break
    errors = _deviations(ratings - scores[:, None] - lean, axis=1) / np.sqrt((~np.isnan(ratings)).sum(axis=1))
    return Fit(scores + lean.mean(), errors, lean - lean.mean(), noise, _unsound(noise, converged))


def _not_identified(ratings: NDArray[np.float64]) -> str:
    given = csr_array(~np.isnan(ratings))
    parts = connected_components(bmat([[None, given], [given.T, None]]), directed=False, return_labels=False)
    if parts > 1:
        return "undefined: groups of observers share no stimulus, so that bias cannot be told from quality"
    return ""


def _unsound(noise: NDArray[np.float64], converged: bool) -> str:
    exact = np.flatnonzero(noise < EXACT)
    if 0 < len(exact) < len(noise):
        who = ", ".join(map(str, exact.tolist()))
        return f"undefined: the likelihood has no maximum, for observers {who} agree with the scores exactly"
    return "" if converged else f"undefined: no convergence in {STEPS} steps"


def means(ratings: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    """Means of what is there; nan where there is nothing."""
    number = (~np.isnan(ratings)).sum(axis=axis)
    return np.where(number > 0, np.nansum(ratings, axis=axis) / np.maximum(number, 1), np.nan)


def _deviations(residues: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    return np.sqrt(means((residues - np.expand_dims(means(residues, axis=axis), axis)) ** 2, axis=axis))
