"""Whether shares differ from chance, and how ambiguous they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest, chi2, multinomial

from studies.aggregation.draws import checked_draws, uniforms
from studies.aggregation.estimates import Estimate, Probability, estimator
from studies.aggregation.intervals import NO_TRIALS

VERSION = "1"
#: Expected counts from which on the distribution of chi-square is near enough (Cochran, Biometrics 10, 1954).
LEAST_EXPECTED = 5
#: Tables of counts that are listed one by one; with more of them, draws are made.
MOST_TABLES = 50_000
DRAWS = 10_000
#: Statistics that differ by less count as equal: rounding must not decide what is as extreme.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Ambiguity(Estimate):
    """value: entropy in bits;  normalised: its part of the most possible, 0 all agree, 1 all labels equally often."""

    normalised: float = math.nan


@estimator
def binomial_test(successes: int, trials: int, *, chance: float = 0.5) -> Probability:
    """Exact two-sided test of "the share is `chance`": outcomes no likelier than the one found count as extreme.

    No trials: nan with a reason. Raises ValueError for impossible numbers.
    """
    if not 0 <= successes <= trials or not 0 <= chance <= 1:
        raise ValueError(f"There cannot be {successes} successes in {trials} trials by a chance of {chance}.")
    if trials == 0:
        return Probability(math.nan, "binomial_test", VERSION, 0, reason=NO_TRIALS)
    p = float(binomtest(successes, trials, chance).pvalue)
    method = "exact binomial, two-sided"
    return Probability(p, "binomial_test", VERSION, trials, statistic=successes / trials, method=method)


@estimator
def goodness_of_fit(
    counts: Sequence[int], *, expected: Sequence[float] | None = None, draws: int = DRAWS, seed: int | None = None
) -> Probability:
    """Pearson's chi-square test of "the labels have these shares"; equal ones unless `expected` says others.

    Where a label is expected fewer than 5 times, the statistic's own distribution is taken instead of chi-square:
    exact where there are few possible tables, else of `draws` random ones, p = (1 + as extreme) / (1 + draws), and
    then a seed is needed. Undefined, with a reason: without ballots, and for fewer than two labels.
    Raises ValueError for impossible counts or shares, and for a missing seed.
    """
    found = np.asarray(counts, dtype=np.int64)
    shares = _shares(found, expected)
    total = int(found.sum())
    if total == 0 or len(found) < 2:
        reason = NO_TRIALS if total == 0 else "undefined: there are fewer than two labels"
        return Probability(math.nan, "goodness_of_fit", VERSION, total, reason=reason)
    statistic = float(_pearson(found, shares))
    if shares.min() * total >= LEAST_EXPECTED:
        p = float(chi2.sf(statistic, len(found) - 1))
        return Probability(p, "goodness_of_fit", VERSION, total, statistic=statistic, method="chi-square")
    if math.comb(total + len(found) - 1, len(found) - 1) <= MOST_TABLES:
        p = _exact(statistic, total, shares)
        return Probability(p, "goodness_of_fit", VERSION, total, statistic=statistic, method="exact multinomial")
    if seed is None:
        raise ValueError("So few ballots for so many labels need a test by random draws: give its stored seed.")
    extreme = _pearson(_tables(seed, checked_draws(draws), total, shares), shares) >= statistic * (1 - ROUNDING)
    return Probability(
        (1 + int(extreme.sum())) / (1 + draws), "goodness_of_fit", VERSION, total,
        statistic=statistic, method="random draws", draws=draws, seed=seed,
    )  # fmt: skip


@estimator
def ambiguity(counts: Sequence[int]) -> Ambiguity:
    """Shannon's entropy of the shares in bits, and its part of log2 C for C labels: the ambiguity index.

    The plain estimate from the shares found, which is a little low for few ballots. No ballots: nan with a reason;
    one label only: the index is nan, the entropy 0.
    """
    found = np.asarray(counts, dtype=np.float64)
    if (found < 0).any():
        raise ValueError("Numbers of ballots cannot be negative.")
    total = int(found.sum())
    if total == 0:
        return Ambiguity(math.nan, "ambiguity", VERSION, 0, reason=NO_TRIALS)
    shares = found[found > 0] / total
    bits = max(0.0, float(-(shares * np.log2(shares)).sum()))
    normalised = bits / math.log2(len(found)) if len(found) > 1 else math.nan
    return Ambiguity(bits, "ambiguity", VERSION, total, normalised=normalised)


def _shares(counts: NDArray[np.int64], expected: Sequence[float] | None) -> NDArray[np.float64]:
    shares = np.full(len(counts), 1 / max(len(counts), 1)) if expected is None else np.asarray(expected, np.float64)
    if (counts < 0).any() or shares.shape != counts.shape:
        raise ValueError("Give the number of ballots of each label, and as many expected shares.")
    if (shares <= 0).any() or (len(shares) and abs(shares.sum() - 1) > 1e-9):
        raise ValueError("Expected shares are above 0 and sum to 1.")
    return shares


def _pearson(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    expected = counts.sum(axis=-1, keepdims=True) * shares
    return ((counts - expected) ** 2 / expected).sum(axis=-1)


def _exact(statistic: float, total: int, shares: NDArray[np.float64]) -> float:
    tables = np.array(list(_all_tables(total, len(shares))), dtype=np.int64)
    extreme = _pearson(tables, shares) >= statistic * (1 - ROUNDING)
    return min(1.0, float(multinomial.pmf(tables[extreme], total, shares).sum()))


def _all_tables(total: int, labels: int) -> Iterator[tuple[int, ...]]:
    """Every way to give `total` ballots to so many labels."""
    if labels == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _all_tables(total - first, labels - 1):
            yield (first, *rest)


def _tables(seed: int, draws: int, total: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Random tables, label after label from the binomial of what is left: as fast for many ballots as for few."""
    stream = np.random.PCG64(seed)
    left = np.full(draws, total)
    tables = np.zeros((draws, len(shares)), dtype=np.int64)
    for label in range(len(shares) - 1):
        chance = min(1.0, shares[label] / shares[label:].sum())
        tables[:, label] = binom.ppf(uniforms(stream, draws), left, chance)
        left -= tables[:, label]
    tables[:, -1] = left
    return tables
