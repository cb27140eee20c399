"""What viewing checks found of screens, over all participants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

ZOOM_STEP = 5  # per cent: scroll bars and frames of windows make finer steps meaningless


class Checked(NamedTuple):
    """One check of one participant's screen. failed: names of the rules that it did not meet"""

    person: str
    failed: tuple[str, ...]
    pixel_ratio: float
    zoom: float


@dataclass(frozen=True)
class Screens:
    """people: with a check; passed: of them, whose last check met every rule; turned_away: let in no more.

    failed_checks, failed_people: rule -> checks that did not meet it, and participants whose last one did not.
    pixel_ratios, zooms: as the last check measured them -> participants; zooms rounded to 5 %.
    """

    people: int = 0
    passed: int = 0
    turned_away: int = 0
    checks: int = 0
    failed_checks: dict[str, int] = field(default_factory=dict)
    failed_people: dict[str, int] = field(default_factory=dict)
    pixel_ratios: dict[str, int] = field(default_factory=dict)
    zooms: dict[str, int] = field(default_factory=dict)


def summary(checks: Iterable[Checked], *, turned_away: int) -> Screens:
    """checks: in the order in which each participant made them"""
    failed: Counter[str] = Counter()
    last: dict[str, Checked] = {}
    made = 0
    for one in checks:
        failed.update(one.failed)
        last[one.person] = one
        made += 1
    return Screens(
        people=len(last),
        passed=sum(not one.failed for one in last.values()),
        turned_away=turned_away,
        checks=made,
        failed_checks=dict(sorted(failed.items())),
        failed_people=_sorted(rule for one in last.values() for rule in one.failed),
        pixel_ratios=_numbers(round(one.pixel_ratio, 2) for one in last.values()),
        zooms=_numbers(ZOOM_STEP * round(100 * one.zoom / ZOOM_STEP) for one in last.values()),
    )


def _sorted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _numbers(values: Iterable[float]) -> dict[str, int]:
    """In the order of the numbers, which JSON has as texts."""
    return {f"{value:g}": count for value, count in sorted(Counter(values).items())}
