"""Setting rows right after lost messages, dead workers and a broker that was away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from inference.models import MAX_ATTEMPTS, Ensemble, GenerationJob, JobState
from inference.sending import send_ensemble, send_job

ENSEMBLES_AT_ONCE = 100


def reconcile(*, worker_died: bool = False) -> int:
    """Send again what may have been forgotten, and settle what no worker will; the number of messages sent.

    worker_died: the only worker there is does not run; nothing that it held is waited for.
    """
    if worker_died:
        GenerationJob.objects.filter(state=JobState.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))
    settle_cancelled(GenerationJob.objects.all())
    _settle_exhausted()
    _requeue_expired()
    return _send_jobs(worker_died) + _send_ensembles(worker_died)


def settle_cancelled(jobs: QuerySet[GenerationJob]) -> int:
    """Jobs that were asked to stop and that no worker holds are cancelled now."""
    now = timezone.now()
    expired = Q(state=JobState.RUNNING, lease_until__lt=now)
    unheld = jobs.filter(Q(state=JobState.QUEUED) | expired, cancel_requested=True)
    return unheld.update(state=JobState.CANCELLED, finished_at=now, lease_token=None, lease_until=None)


def _settle_exhausted() -> None:
    for job in GenerationJob.objects.claimable().filter(attempts__gte=MAX_ATTEMPTS):
        GenerationJob.objects.claimable().filter(pk=job.pk, attempts__gte=MAX_ATTEMPTS).update(
            state=JobState.FAILED,
            finished_at=timezone.now(),
            lease_token=None,
            lease_until=None,
            error=f"The worker died {job.attempts} times in a row before it had drawn another sample, perhaps for want "
            "of memory: try a smaller image, then start again.",
        )


def _requeue_expired() -> None:
    expired = GenerationJob.objects.filter(state=JobState.RUNNING, lease_until__lt=timezone.now())
    expired.update(state=JobState.QUEUED, lease_token=None, lease_until=None)


def _send_jobs(all_queued: bool) -> int:
    """A queued job whose message was sent lately is left alone: it may just wait its turn."""
    queued = GenerationJob.objects.filter(state=JobState.QUEUED)
    if not all_queued:
        queued = queued.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))
    return _send(send_job, queued)


def _send_ensembles(all_unmade: bool) -> int:
    unmade = Ensemble.objects.filter(made_at=None, error="")
    if not all_unmade:
        unmade = unmade.filter(created_at__lt=timezone.now() - timedelta(minutes=1))
    return _send(send_ensemble, unmade, ENSEMBLES_AT_ONCE)


def _send(send: Callable[[int], bool], rows: QuerySet, most: int | None = None) -> int:
    """Oldest first; a broker that does not answer is not asked again for every row."""
    count = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)[:most]):
        if not send(pk):
            break
        count += 1
    return count
