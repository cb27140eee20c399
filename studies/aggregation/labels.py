"""Perceived labels into a verdict that does not depend on the order of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studies.aggregation.estimates import estimator

VERSION = "1"


@dataclass(frozen=True)
class Majority:
    """value: the label given most often; None for a tie, listed in `tied`, and when there is no label at all."""

    value: str | None
    count: int
    total: int
    tied: tuple[str, ...] = ()
    name: str = "majority"
    version: str = VERSION
    reason: str = ""
    inputs: str = ""


@estimator
def majority(labels: Iterable[str] | Mapping[str, int]) -> Majority:
    """The label given most often (a relative majority); "cannot tell" counts as a label like any other.

    labels: one per ballot, or how many ballots have each

    Equal numbers have no winner: libraries that return one of them let the order of rows decide.
    """
    counts = Counter(labels)
    total = sum(counts.values())
    if total == 0:
        return Majority(None, 0, 0, reason="undefined: there are no labels yet")
    most = max(counts.values())
    leaders = tuple(sorted(label for label, count in counts.items() if count == most))
    if len(leaders) > 1:
        names = f"{', '.join(leaders[:-1])} and {leaders[-1]}"
        return Majority(None, most, total, tied=leaders, reason=f"undefined: {names} are tied")
    return Majority(leaders[0], most, total)
