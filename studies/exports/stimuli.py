"""What study.json says of the rating phase: its settings, and the pictures that were rated, with where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from studies.exports import layout
from studies.models import RatingPhase, Stimulus, StimulusKind, Study
from studies.services.opinions.phase_results import SETTINGS

_TIMES = ("opened_at", "closed_at")


def build(study: Study) -> dict[str, Any] | None:
    """None for a study without a rating phase. Two queries.

    times: opened_at and closed_at, ISO 8601 or None
    stimuli: item (position), condition (the kind, or the name of the method), kind, sha256, provenance, path; of the
    truth no provenance, and at its path there is a file only where truths are inside
    """
    phase = RatingPhase.objects.filter(study=study).first()
    if phase is None:
        return None
    settings = {name: getattr(phase, name) for name in SETTINGS}
    times = {name: moment and moment.isoformat() for name in _TIMES for moment in [getattr(phase, name)]}
    return {"settings": settings, "times": times, "stimuli": [_stimulus(path, one) for path, one in made(study)]}


def public(document: dict[str, Any] | None, *, truth: bool) -> dict[str, Any] | None:
    """Without times; without the truth's hash, by which who has a picture could tell it, where truths stay hidden."""
    if document is None:
        return None
    shown = document["stimuli"] if truth else without_truths(document["stimuli"])
    return {"settings": document["settings"], "stimuli": shown}


def without_truths(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what leads to the files of truths."""
    hidden = {"sha256", "path"}
    return [
        {name: "" if name in hidden and one["kind"] == StimulusKind.REFERENCE else value for name, value in one.items()}
        for one in shown
    ]


def _stimulus(path: str, one: Stimulus) -> dict[str, Any]:
    known = one.kind != StimulusKind.REFERENCE
    return {
        "item": one.item.position,
        "condition": one.condition,
        "kind": one.kind,
        "sha256": one.sha256,
        "provenance": one.provenance if known else {},
        "path": path,
    }


def made(study: Study) -> list[tuple[str, Stimulus]]:
    """The stimuli that are made, with the paths of their files, item by item. One query."""
    query = Stimulus.objects.filter(phase__study=study).exclude(sha256="").select_related("item", "method")
    numbers: Counter[int] = Counter()
    found = []
    for one in query.order_by("item__position", "pk"):
        position = one.item.position
        found.append((layout.stimulus(position, numbers[position], one.kind), one))
        numbers[position] += 1
    return found


def files(document: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """(path in the export, sha256) of the pictures. The truth has its own file."""
    for one in (document or {}).get("stimuli", ()):
        if one["kind"] != StimulusKind.REFERENCE:
            yield one["path"], one["sha256"]
