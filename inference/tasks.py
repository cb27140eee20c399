"""Celery tasks, thin: the row says whether anything is left to do, so a repeated message is harmless."""

from __future__ import annotations

import logging

from celery import shared_task

from inference import ensembles, generation
from inference.reconciling import reconcile as reconcile_rows
from inference.store import StoreError

log = logging.getLogger(__name__)


@shared_task
def generate(*, job_id: int) -> None:
    generation.run(job_id)


@shared_task
def build_ensemble(*, ensemble_id: int) -> None:
    try:
        ensembles.build(ensemble_id)
    except StoreError as error:
        log.error("Ensemble %s: %s", ensemble_id, error)  # the row has it too


@shared_task
def reconcile() -> int:
    return reconcile_rows()
