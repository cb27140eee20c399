"""What the images of a study are for: main ones, practice with feedback, attention checks with a known answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from studies.errors import IntakeError
from studies.models import Item, Kind, Study
from studies.services.intake import check_items_may_change

MAX_FEEDBACK = 5000


def mark(item: Item, *, kind: str, expected_label: str = "", feedback: str = "") -> Item:
    """Say what an item is for, and the answer that is known to be right. The given object is brought up to date.

    Raises IntakeError for what does not go together, and for a study whose items are fixed.
    """
    with transaction.atomic():
        check_items_may_change(item.study)
        expected_label, feedback = expected_label.strip(), feedback.strip()
        check(Study.objects.get(pk=item.study_id), kind=kind, expected_label=expected_label, feedback=feedback)
        Item.objects.filter(pk=item.pk).update(kind=kind, expected_label=expected_label, feedback=feedback)
    item.refresh_from_db(fields=["kind", "expected_label", "feedback"])
    return item


def check(study: Study, *, kind: str, expected_label: str, feedback: str) -> None:
    """Raises IntakeError for what does not go together in this study."""
    if sentence := _problem(study, kind, expected_label.strip(), feedback.strip()):
        raise IntakeError(sentence)


def _problem(study: Study, kind: str, expected_label: str, feedback: str) -> str:
    if kind not in Kind.values:
        return f"An image is one of {', '.join(Kind.values)}."
    if expected_label and not study.ask_label:
        return "This study does not ask for a label, so that no label can be expected."
    if expected_label and expected_label not in study.labels:
        return f"“{expected_label}” is none of the study's labels: {', '.join(study.labels)}."
    if kind == Kind.ATTENTION and not expected_label:
        return "An attention check needs the label that is right: choose it, or let the image be another kind."
    if feedback and kind != Kind.PRACTICE:
        return "Only practice images have feedback: empty it, or let the image be for practice."
    return f"A feedback has at most {MAX_FEEDBACK:,} characters." if len(feedback) > MAX_FEEDBACK else ""


@dataclass(frozen=True)
class Counts:
    """How many items of each kind there are."""

    main: int
    practice: int
    attention: int


def counts(items: Iterable[Item]) -> Counts:
    kinds = [item.kind for item in items]
    return Counts(*(kinds.count(kind) for kind in (Kind.MAIN, Kind.PRACTICE, Kind.ATTENTION)))


def conflict(study: Study, changed: dict[str, Any], known: Iterable[Item] | None = None) -> str:
    """Why the study's items do not go with its protocol, as it is or would be; empty when they do.

    changed: fields of the protocol that would be other than the study's
    known: its items, where they were read already; else one query
    """
    ask_label, labels, repeats = (
        changed.get(name, getattr(study, name)) for name in ("ask_label", "labels", "repeats")
    )
    items = list(study.items.all() if known is None else known)
    main = counts(items).main
    if not main:
        return "Every image is for practice or an attention check: at least one must be a main image, to be voted on."
    if repeats > main:
        return f"{repeats} images cannot be repeated, because there are only {main} main ones: ask for fewer repeats."
    for item in items:
        if item.expected_label and not ask_label:
            return f"“{item.name}” expects the label “{item.expected_label}”, but the study does not ask for labels."
        if item.expected_label and item.expected_label not in labels:
            return f"“{item.name}” expects the label “{item.expected_label}”, which is none of the study's."
    return ""
