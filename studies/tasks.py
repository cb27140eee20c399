"""Celery tasks of studies, thin: the row says what is left to do, so a repeated message is harmless."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from studies.models import Evaluation, RatingPhase, Report, Study
from studies.reporting import work
from studies.services import lifecycle, report
from studies.services.analysis import evaluation, evidence, evidence_work
from studies.services.opinions import stimuli
from studies.services.people import privacy

#: A message younger than this may still be on its way or at work.
PATIENCE = timedelta(minutes=2)


@shared_task
def evaluate(*, evaluation_id: int) -> None:
    """Compute one evaluation and its variants, unless they are made or its item has gone."""
    if Evaluation.objects.filter(pk=evaluation_id).exists():
        evaluation.run(evaluation_id)


@shared_task
def work_out(*, study_id: int) -> None:
    """Work out the evidence of a study, unless it is made since it was asked for."""
    study = Study.objects.filter(pk=study_id, evidence__made_at=None, evidence__isnull=False).first()
    if study is not None:
        evidence_work.run(study)


@shared_task
def make_report(*, study_id: int) -> None:
    """Make the report of a study, unless it is made since it was asked for."""
    row = Report.objects.filter(study=study_id, made_at=None, error="").select_related("study").first()
    if row is not None:
        work.run(row)


@shared_task
def make_stimuli(*, phase_id: int) -> None:
    """Make the stimuli of a rating phase that are not made."""
    stimuli.make(phase_id)


@shared_task
def erase_identities() -> int:
    """Forget recruiters' ids and personal links of studies that closed long ago; how many."""
    return privacy.erase_due(settings.TRUSTSR_IDENTITY_DAYS)


@shared_task
def reconcile() -> int:
    """Close studies whose rule to stop is met, and send again what was asked for and is not made; the number sent."""
    lifecycle.close_due()
    keys = evaluation.waiting(timezone.now() - PATIENCE)
    for pk in keys:
        evaluation.send(pk)
    studies = evidence.waiting(timezone.now() - PATIENCE)
    for pk in studies:
        evidence.send(pk)
    reports = report.waiting(timezone.now() - PATIENCE)
    for pk in reports:
        report.send(pk)
    late = RatingPhase.objects.filter(stimuli__sha256="", error="", asked_at__lt=timezone.now() - PATIENCE)
    phases = list(late.distinct().values_list("pk", flat=True))
    for pk in phases:
        stimuli.send(pk)
    return len(keys) + len(studies) + len(reports) + len(phases)
