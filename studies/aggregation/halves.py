"""Correlations of random halves of the participants, many splits at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studies.aggregation.draws import orders


def half_correlations(stream: np.random.PCG64, scores: NDArray[np.float64], splits: int) -> NDArray[np.float64]:
    """Pearson's r of the means by sample of two random halves of the rows, for each split; nan without variation.

    scores: (participants, samples), nan where missing; of an odd number of rows one is in neither half
    """
    people = len(scores)
    half = people // 2
    order = orders(stream, splits, people)
    there = ~np.isnan(scores)
    means = []
    for members in (order[:, :half], order[:, half : 2 * half]):
        chosen = np.zeros((splits, people))
        np.put_along_axis(chosen, members, 1, axis=1)
        counts = chosen @ there
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append(chosen @ np.where(there, scores, 0) / counts)
    return _correlations(*means)


def _correlations(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's r of each row with the same of the other, over samples that both know; nan without variation."""
    both = ~(np.isnan(one) | np.isnan(other))
    known = both.sum(axis=1, keepdims=True)
    x, y = (np.where(both, values, 0) for values in (one, other))
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (np.where(both, values - values.sum(axis=1, keepdims=True) / known, 0) for values in (x, y))
        spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
        return np.where(spread > 1e-12, (x * y).sum(axis=1) / spread, np.nan)
