"""The report of a study: asked for by people, written by a worker, kept as two files until a later one is made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from inference import sending, store
from studies.models import Report, Study
from studies.results import BEING_MADE, FAILED, MADE, NOT_MADE, StudyResults, to_jsonable

#: Of the words, the order and the look of reports: one of an earlier version is made again when it is asked for.
VERSION = "2"

Kind = Literal["html", "pdf"]
CONTENT_TYPES: dict[str, str] = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Standing:
    """state: "not made", "being made", "made" or "failed";  current: whether the files tell the results as they are.

    A report that failed, or that is being made again, still has the files made before.
    """

    row: Report | None
    state: str
    current: bool


def digest(found: StudyResults) -> str:
    """sha256 of all that a report tells, but for the moment of looking."""
    content = to_jsonable(found) | {"collected_at": "", "report": VERSION}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def of(study: Study) -> Report | None:
    return Report.objects.filter(study=study).first()


def is_current(row: Report, found: StudyResults) -> bool:
    """Whether the files tell these results."""
    return row.made_at is not None and row.digest == digest(found)


def waits(row: Report | None) -> bool:
    """Whether a worker has still to make it."""
    return row is not None and row.made_at is None and not row.error


def standing(study: Study, found: StudyResults | None) -> Standing:
    """How far the report is. found: the results as they are; None where nothing is made that could tell them"""
    row = of(study)
    current = row is not None and found is not None and is_current(row, found)
    if row is None:
        return Standing(None, NOT_MADE, current)
    return Standing(row, BEING_MADE if waits(row) else FAILED if row.error else MADE, current)


def request(study: Study, found: StudyResults) -> Report:
    """Have the report of these results made by a worker, after commit. One that is current stays."""
    row, new = Report.objects.get_or_create(study=study)
    if new or row.error or (row.made_at is not None and not is_current(row, found)):
        row.error, row.step, row.asked_at, row.made_at = "", "", timezone.now(), None
        row.save(update_fields=["error", "step", "asked_at", "made_at"])
        transaction.on_commit(lambda: send(study.pk))
    return row


def send(study_pk: int) -> None:
    sending.send("studies.tasks.make_report", study_id=study_pk)


def waiting(since: datetime) -> list[int]:
    """Ids of studies whose report was asked for before this time and is neither made nor failed."""
    return list(Report.objects.filter(made_at=None, error="", asked_at__lt=since).values_list("study", flat=True))


def filename(study: Study, kind: str) -> str:
    """Under which the file is kept by who downloads it."""
    return f"report-{slugify(study.name)[:60] or study.pk}.{kind}"


def file(row: Report, kind: Kind) -> bytes:
    """The stored file, verified; raises StoreError. Empty where there is none."""
    sha256: str = getattr(row, f"{kind}_sha256")
    suffix: store.Suffix = ".html" if kind == "html" else ".pdf"
    return store.get(sha256, "reports", suffix) if sha256 else b""
