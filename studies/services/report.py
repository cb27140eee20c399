"""The report of a study: asked for by people, written by a worker, kept as two files until a later one is made."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.utils import timezone

from inference import sending, store
from studies.models import Report, Study
from studies.results import StudyResults, to_jsonable

#: Of the words, the order and the look of reports: one of an earlier version is made again when it is asked for.
VERSION = "1"

Kind = Literal["html", "pdf"]


def digest(found: StudyResults) -> str:
    """sha256 of all that a report tells, but for the moment of looking."""
    content = to_jsonable(found) | {"collected_at": "", "report": VERSION}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def of(study: Study) -> Report | None:
    return Report.objects.filter(study=study).first()


def is_current(row: Report, found: StudyResults) -> bool:
    """Whether the files tell these results."""
    return row.made_at is not None and row.digest == digest(found)


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


def file(row: Report, kind: Kind) -> bytes:
    """The stored file, verified; raises StoreError. Empty where there is none."""
    sha256: str = getattr(row, f"{kind}_sha256")
    suffix: store.Suffix = ".html" if kind == "html" else ".pdf"
    return store.get(sha256, "reports", suffix) if sha256 else b""
