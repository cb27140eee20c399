"""What study.json says of the rating phase: its settings, and the pictures that were rated, with where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from studies.exports import layout
from studies.models import RatingPhase, Stimulus, StimulusKind, Study

_SETTINGS = ("mode", "who", "instructions", "hidden_reference", "anchors", "repeats", "seed")


def build(study: Study) -> dict[str, Any] | None:
    """None for a study without a rating phase. Two queries.

    stimuli: item (position), condition (the kind, or the name of the method), kind, sha256, provenance, path; of the
    truth no provenance, and a path only where truths are inside
    """
    phase = RatingPhase.objects.filter(study=study).first()
    if phase is None:
        return None
    settings = {name: getattr(phase, name) for name in _SETTINGS}
    return {"settings": settings, "stimuli": [_stimulus(path, one) for path, one in made(study)]}


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
