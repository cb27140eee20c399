"""What a report is made from, and small words for its numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.reports.blocks import NBSP
from studies.results import ItemResults, StudyResults

NONE, MINUS = "–", "−"


@dataclass(frozen=True)
class Source:
    """A study's results, the same as results.json has them, and uploaded pictures.

    document: see exports.document.build, with jobs and the figures of every control draw
    methods: position -> name of the method -> sha256 of its picture
    """

    results: StudyResults
    document: Mapping[str, Any]
    methods: Mapping[int, Mapping[str, str]]

    def item(self, item: ItemResults) -> Mapping[str, Any]:
        """The item as results.json has it."""
        found: Mapping[str, Any] = self.document["items"][self.results.items.index(item)]
        return found

    def draws(self, item: ItemResults, metric: str) -> list[float]:
        """The metric of every random selection, nan where undefined; none until they are made."""
        figures = self.item(item)["evaluation"].get("figures") or {}
        measured = figures.get("measures", {}).get(metric, {})
        return [real(value) for value in measured.get("control", ())]


def real(value: float | None) -> float:
    """A number of JSON, which says None for nan."""
    return math.nan if value is None else float(value)


def reals(values: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(real(value) for value in values)


def text(value: float | None, digits: int = 2) -> str:
    """The number, or a dash where it is undefined."""
    number = real(value)
    return f"{number:.{digits}f}".replace("-", MINUS) if math.isfinite(number) else NONE


def percent(value: float | None, digits: int = 0) -> str:
    number = real(value)
    return f"{100 * number:.{digits}f}{NBSP}%".replace("-", MINUS) if math.isfinite(number) else NONE


def span(low: float | None, high: float | None, digits: int = 2) -> str:
    """“1.00 to 2.00”."""
    if not (math.isfinite(real(low)) and math.isfinite(real(high))):
        return NONE
    return f"{text(low, digits)} to {text(high, digits)}"


def percents(low: float | None, high: float | None) -> str:
    if not (math.isfinite(real(low)) and math.isfinite(real(high))):
        return NONE
    return f"{percent(low)} to {percent(high)}"


def probability(value: float | None) -> str:
    """“p = 0.016”, or “p < 0.0001”."""
    number = real(value)
    if not math.isfinite(number):
        return "p undefined"
    return f"p = {number:.4f}" if number >= 0.0001 else "p < 0.0001"


def several(count: int, one: str, more: str = "") -> str:
    """“1 ballot”, “3 ballots”."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def listed(names: Sequence[object]) -> str:
    """“1, 2 and 3”."""
    *most, last = map(str, names or ["none"])
    return f"{', '.join(most)} and {last}" if most else last


def day(moment: str) -> str:
    """“21 November 2026, 14:07 UTC” of a time as results have it; a dash for one that has not come."""
    found = re.match(r"(\d+)-(\d+)-(\d+)(?:T(\d+:\d+))?", moment)
    if not found:
        return NONE
    year, month, date, clock = found.groups()
    name = _MONTHS[int(month) - 1]
    return f"{int(date)} {name} {year}" + (f", {clock} UTC" if clock else "")


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
