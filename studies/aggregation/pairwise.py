"""Strengths from comparisons of two at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import expit
from scipy.stats import norm

from studies.aggregation.estimates import estimator

VERSION = "1"


@dataclass(frozen=True)
class Strengths:
    """One strength per contestant with its confidence limits, on the log scale with mean 0.

    P(i is preferred to j) = 1 / (1 + exp(scores[j] - scores[i])). errors: standard errors, of the distance from the
    mean;  covariance: of all scores, so that a difference has variance c[i][i] + c[j][j] - 2 c[i][j]
    count: comparisons;  alpha: wins each way that were added to every pair
    """

    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    errors: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    name: str
    version: str
    count: float
    reason: str = ""
    alpha: float = 0.0
    confidence: float = 0.95
    inputs: str = ""


@estimator
def bradley_terry(wins: ArrayLike, *, alpha: float = 0.0, confidence: float = 0.95) -> Strengths:
    """Maximum likelihood strengths by Bradley and Terry (Biometrika 39, 1952), with errors from the Hessian.

    wins: (k, k), how often the row was preferred to the column; a tie is half a win each
    alpha: 0, or wins each way to add to every pair, which keeps strengths finite and draws them together

    There is a maximum only when nobody can be split off who won, or lost, everything against the rest (Ford, American
    Mathematical Monthly 64, 1957); otherwise all is nan, with a reason. Raises ValueError for wins that make no sense.
    """
    from choix import ilsr_pairwise_dense

    table = _checked(wins, alpha)
    k = len(table)
    added = table + alpha * (1 - np.eye(k))
    reason = _reason(table, added)
    scores, covariance = np.full(k, math.nan), np.full((k, k), math.nan)
    if not reason:
        try:
            scores = ilsr_pairwise_dense(added, tol=1e-12, max_iter=10_000)
            covariance = np.linalg.pinv(_information(added, scores), hermitian=True)
        except RuntimeError:
            reason = "undefined: the search for the maximum did not end"
    errors = np.sqrt(np.diag(covariance))
    half = float(norm.ppf((1 + confidence) / 2)) * errors
    return Strengths(
        scores=tuple(scores.tolist()),
        low=tuple((scores - half).tolist()),
        high=tuple((scores + half).tolist()),
        errors=tuple(errors.tolist()),
        covariance=tuple(map(tuple, covariance.tolist())),
        name="bradley_terry",
        version=VERSION,
        count=float(table.sum()),
        reason=reason,
        alpha=alpha,
        confidence=confidence,
    )


def _checked(wins: ArrayLike, alpha: float) -> NDArray[np.float64]:
    table = np.asarray(wins, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError(f"Wins are a square table, row over column, not an array of shape {table.shape}.")
    if not np.isfinite(table).all() or (table < 0).any() or np.diag(table).any():
        raise ValueError("Wins are numbers that are not negative, and nobody is compared with oneself.")
    if not alpha >= 0:
        raise ValueError(f"alpha must be 0 or more, not {alpha}.")
    return table


def _reason(table: NDArray[np.float64], added: NDArray[np.float64]) -> str:
    if not table.any():
        return "undefined: there are no comparisons yet"
    if connected_components(added, directed=False, return_labels=False) > 1:
        return "undefined: some were never compared with the others, not even over third ones"
    if connected_components(added, connection="strong", return_labels=False) > 1:
        return "undefined: some won, or lost, every comparison with the others, so that no finite strengths fit"
    return ""


def _information(wins: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minus the Hessian of the log-likelihood; its null space are equal shifts of all scores."""
    chance = expit(scores[:, None] - scores[None, :])
    between = (wins + wins.T) * chance * (1 - chance)
    return np.diag(between.sum(axis=1)) - between
