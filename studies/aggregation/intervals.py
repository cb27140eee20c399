"""Shares with their uncertainty: score and exact intervals, and evidence that may be watched while it grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import betaln
from scipy.stats import beta, norm

from studies.aggregation.estimates import Estimate, Interval, estimator

VERSION = "1"
NO_TRIALS = "undefined: there are no observations yet"


@estimator
def wilson(successes: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """The share of successes with Wilson's score interval (JASA 22, 1927, p. 209), without continuity correction.

    Raises ValueError unless 0 <= successes <= trials and 0 < confidence < 1. No trials: nan with a reason.
    """
    _check(successes, trials, confidence)
    if trials == 0:
        return _undefined("wilson", confidence)
    low, high = score_limits(successes, trials, confidence)
    return Interval(successes / trials, "wilson", VERSION, trials, low=low, high=high, confidence=confidence)


def score_limits(successes: float, trials: float, confidence: float) -> tuple[float, float]:
    """Wilson's limits. successes need not be whole: a share among so many independent ones is all that they need."""
    z = float(norm.ppf((1 + confidence) / 2))
    centre = (successes + z**2 / 2) / (trials + z**2)
    half = z / (trials + z**2) * math.sqrt(successes * (trials - successes) / trials + z**2 / 4)
    # The limits at the ends are exactly 0 and 1; rounding errors would say otherwise.
    return 0.0 if successes == 0 else centre - half, 1.0 if successes == trials else centre + half


@estimator
def clopper_pearson(successes: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """The share with Clopper and Pearson's exact interval (Biometrika 26, 1934), from quantiles of beta.

    Errors as for `wilson`.
    """
    _check(successes, trials, confidence)
    if trials == 0:
        return _undefined("clopper_pearson", confidence)
    tail = (1 - confidence) / 2
    failures = trials - successes
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, failures + 1))
    high = 1.0 if failures == 0 else float(beta.ppf(1 - tail, successes + 1, failures))
    return Interval(successes / trials, "clopper_pearson", VERSION, trials, low=low, high=high, confidence=confidence)


@estimator
def simultaneous(
    counts: Sequence[int], *, method: Literal["goodman", "sison_glaz"] = "goodman", confidence: float = 0.95
) -> tuple[Interval, ...]:
    """The share of each label, with intervals that hold for all labels together. counts: of ballots per label.

    goodman: Wilson's intervals at 1 - (1 - confidence) / C, C the number of labels (Goodman, Technometrics 7, 1965)
    sison_glaz: as wide on each side of every share, shorter where there are many labels (Sison and Glaz, JASA 90,
        1995), as statsmodels computes them

    Raises ValueError for impossible counts. No ballots: nan with a reason.
    """
    if not counts or min(counts) < 0:
        raise ValueError("Give the number of ballots of each label.")
    total = sum(counts)
    _check(0, total, confidence)
    if total == 0:
        return tuple(_undefined(method, confidence) for _ in counts)
    if method == "goodman":
        each = 1 - (1 - confidence) / len(counts)
        limits = [(interval.low, interval.high) for interval in (wilson(k, total, confidence=each) for k in counts)]
    elif method == "sison_glaz":
        limits = _sison_glaz(counts, confidence)
    else:
        raise ValueError(f"There is no method {method!r}: use goodman or sison_glaz.")
    return tuple(
        Interval(k / total, method, VERSION, total, low=low, high=high, confidence=confidence)
        for k, (low, high) in zip(counts, limits, strict=True)
    )


def _sison_glaz(counts: Sequence[int], confidence: float) -> list[tuple[float, float]]:
    from statsmodels.stats.proportion import multinomial_proportions_confint

    with np.errstate(all="ignore"):  # it tries widths that cannot be on its way
        found = multinomial_proportions_confint(list(counts), 1 - confidence, method="sison-glaz")
    return [(float(low), float(high)) for low, high in found]


@estimator
def e_value(successes: int, trials: int, *, chance: float = 0.5, prior: float = 0.5) -> Estimate:
    """Evidence against "the share is `chance`" that stays valid whenever one looks: stop at 1 / alpha.

    E = B(a + k, a + N - k) / (B(a, a) p0^k (1 - p0)^(N - k)), the likelihood ratio of a Beta(a, a) mixture, a =
    `prior` (0.5: Jeffreys), to p0 = `chance`. By Ville's inequality P(E >= 1 / alpha at any time) <= alpha under
    p0. Without observations it is 1. Raises ValueError for impossible numbers.
    """
    _check(successes, trials, 0.95)
    if not (0 < chance < 1 and prior > 0):
        raise ValueError("The chance must be between 0 and 1, and the prior above 0.")
    failures = trials - successes
    null = successes * math.log(chance) + failures * math.log1p(-chance)
    mixture = betaln(prior + successes, prior + failures) - betaln(prior, prior)
    return Estimate(math.exp(min(float(mixture) - null, 700.0)), "e_value", VERSION, trials)


def _undefined(name: str, confidence: float) -> Interval:
    return Interval(math.nan, name, VERSION, 0, reason=NO_TRIALS, confidence=confidence)


def _check(successes: int, trials: int, confidence: float) -> None:
    if not 0 <= successes <= trials:
        raise ValueError(f"There cannot be {successes} successes in {trials} trials.")
    if not 0 < confidence < 1:
        raise ValueError(f"The confidence must be between 0 and 1, not {confidence}.")
