"""Making a report in a worker: what it rests on is worked out first, then both files are written and stored."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.files.storage import storages
from django.db.models import Q
from django.utils import timezone

from inference import store
from studies.models import Report, Study
from studies.models.report import Step
from studies.reporting import making
from studies.results import MADE, ItemResults, StudyResults
from studies.services import report, results
from studies.services.analysis import evidence, evidence_work

log = logging.getLogger(__name__)


def run(row: Report) -> Report:
    """Make both files and store them. What goes wrong is stored as one sentence; files made before stay."""
    try:
        files, digest = _files(row)
    except Exception as error:
        log.exception("%s failed", row)
        Report.objects.filter(pk=row.pk).update(error=_sentence(error), step="")
        row.refresh_from_db()
        return row
    before = row.html_sha256, row.pdf_sha256
    # Who has asked again meanwhile gets a later one.
    asked = Report.objects.filter(pk=row.pk, asked_at=row.asked_at)
    asked.update(**files, digest=digest, made_at=timezone.now(), error="", step="")
    row.refresh_from_db()
    for sha256, suffix in zip(before, making.SUFFIXES, strict=True):
        _forget(sha256, suffix)
    return row


def _files(row: Report) -> tuple[dict[str, str], str]:
    """Names of fields -> sha256 of the stored files; and the digest of what they tell."""

    def at(step: Step) -> None:
        Report.objects.filter(pk=row.pk).update(step=step)

    found = ready(row.study, lambda: at(Step.EVIDENCE))
    parts = making.parts(making.source(row.study, found))
    stored = {}
    with tempfile.TemporaryDirectory() as folder:
        for step in (Step.HTML, Step.PDF):
            at(step)
            path = Path(folder) / f"report.{step.value}"
            making.write(parts, path)
            stored[f"{step.value}_sha256"] = store.put(path.read_bytes(), "reports", path.suffix)  # type: ignore[arg-type]
    return stored, report.digest(found)


def ready(study: Study, begin: Callable[[], None] = lambda: None) -> StudyResults:
    """The study's results; ensembles and evidence that the votes allow and nobody has made yet are made first."""
    found = results.collect(study)
    if evidence.missing(study, found) or any(map(_unmade, found.items)):
        begin()
        evidence_work.run(study)
        found = results.collect(study)
    return found


def _unmade(item: ItemResults) -> bool:
    made = item.evaluation.state == MADE and item.evaluation.variants.state == MADE
    return bool(item.selection.chosen) and not made


def _forget(sha256: str, suffix: store.Suffix) -> None:
    """Remove the file of an earlier report, unless some report still has it."""
    if sha256 and not Report.objects.filter(Q(html_sha256=sha256) | Q(pdf_sha256=sha256)).exists():
        storages["default"].delete(store.path_name(sha256, "reports", suffix))


def _sentence(error: Exception) -> str:
    if isinstance(error, store.StoreError):
        return str(error)
    return f"The report could not be made ({type(error).__name__}: {error}); the worker's log has more."
