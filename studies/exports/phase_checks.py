"""The rating phase of an export: that the results tell of the one that people met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from studies.exports import participants, raters
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, table
from studies.exports.design import FILE as DESIGN
from studies.exports.document import FILE as RESULTS
from studies.results import written

_PICTURE = ("item", "condition", "kind", "sha256", "provenance")


def stated(bundle: Bundle) -> Iterator[str]:
    """Settings, times and pictures are those of study.json; who came in follows from the tables, where they are inside.

    Exports made before results told of the rating phase say nothing of it.
    """
    results = read_json(bundle, RESULTS)
    if "rating" not in results or DESIGN not in bundle.sizes:
        return
    told, design = results["rating"], read_json(bundle, DESIGN).get("rating")
    if (told is None) != (design is None):
        yield f"{RESULTS} and {DESIGN} disagree on whether there was a rating phase."
    elif told is not None:
        yield from _settings(told, design)
        yield from _pictures(told["stimuli"], design["stimuli"])
        yield from _people(bundle, told)


def _settings(told: dict[str, Any], design: dict[str, Any]) -> Iterator[str]:
    said = design.get("times", {})  # none in public exports
    times = {name: written(datetime.fromisoformat(time) if time else None) for name, time in said.items()}
    for name, value in (design["settings"] | times).items():
        if told[name] != value:
            yield f"The rating phase: {DESIGN} says {name} {value!r}, {RESULTS} says {told[name]!r}."


def _pictures(told: list[dict[str, Any]], design: list[dict[str, Any]]) -> Iterator[str]:
    if [[one[name] for name in _PICTURE] for one in told] != [[one[name] for name in _PICTURE] for one in design]:
        yield f"The rating phase: {RESULTS} names other pictures than {DESIGN}."


def _people(bundle: Bundle, told: dict[str, Any]) -> Iterator[str]:
    if raters.FILE not in bundle.sizes:
        return
    simulated = {row["participant"]: row["simulated"] for row in table(bundle, participants.FILE)}
    came = Counter(simulated.get(row["participant"]) for row in table(bundle, raters.FILE))
    for name, key in (("people", "false"), ("simulated", "true")):
        if told[name] != came[key]:
            yield f"The rating phase: {raters.FILE} has {came[key]} {name} who began, {RESULTS} says {told[name]}."
