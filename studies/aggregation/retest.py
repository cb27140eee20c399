"""Whether the same person answers the same when asked once more."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from studies.aggregation.estimates import Interval, estimator
from studies.aggregation.intervals import wilson

VERSION = "1"
LIMITS = "answers of one person are not independent of each other: the interval is rather too narrow"


@dataclass(frozen=True)
class Retest(Interval):
    """Value: the share of repeated answers that were the same, with its Wilson interval.

    difference: mean absolute difference of scores; nan where answers are no scores
    observers: of each the repeated answers and how many of them were the same, least agreement first, without names
    """

    difference: float = math.nan
    observers: tuple[tuple[int, int], ...] = ()
    limits: str = LIMITS


@estimator
def retest(
    observers: Sequence[str], first: Sequence[str], second: Sequence[str], *, confidence: float = 0.95
) -> Retest:
    """Test-retest agreement. observers: who gave each answer;  first, second: answers to the same, as text."""
    same = [one == other for one, other in zip(first, second, strict=True)]
    asked, alike = Counter(observers), Counter(who for who, one in zip(observers, same, strict=True) if one)
    share = wilson(sum(same), len(same), confidence=confidence)
    return Retest(
        value=share.value,
        name="retest",
        version=VERSION,
        count=len(same),
        reason="" if same else "undefined: nobody answered anything twice",
        low=share.low,
        high=share.high,
        confidence=confidence,
        difference=_difference(first, second),
        observers=tuple(sorted(((count, alike[who]) for who, count in asked.items()), key=_agreement)),
    )


def _agreement(observer: tuple[int, int]) -> tuple[float, int]:
    asked, alike = observer
    return alike / asked, asked


def _difference(first: Sequence[str], second: Sequence[str]) -> float:
    if not first or not all(answer.isdigit() for answer in (*first, *second)):
        return math.nan
    return sum(abs(int(one) - int(other)) for one, other in zip(first, second, strict=True)) / len(first)
