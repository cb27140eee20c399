"""How far drawing is: read off the rows, stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone

from inference.models import GenerationJob, JobState, Sample

WINDOW = timedelta(seconds=60)
UNSETTLED = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class Progress:
    """states: number of jobs in each state that occurs. Rate and time left are None while nothing tells them."""

    done: int
    total: int
    states: dict[str, int]
    samples_per_second: float | None
    seconds_left: float | None

    @property
    def settled(self) -> bool:
        """No worker will add anything."""
        return not any(self.states.get(state) for state in UNSETTLED)

    @property
    def complete(self) -> bool:
        return self.done == self.total


def progress(jobs: QuerySet[GenerationJob]) -> Progress:
    """Samples done and asked for, over all these jobs, and the present speed of all workers together."""
    ids = list(jobs.order_by().values_list("pk", flat=True))
    rows = GenerationJob.objects.filter(pk__in=ids)
    total = rows.aggregate(total=Sum("count"))["total"] or 0
    done = Sample.objects.filter(job__in=ids).count()
    states = {row["state"]: row["jobs"] for row in rows.values("state").annotate(jobs=Count("pk"))}
    rate = _rate(rows)
    waiting = rows.filter(state__in=UNSETTLED)
    left = (waiting.aggregate(left=Sum("count"))["left"] or 0) - Sample.objects.filter(job__in=waiting).count()
    return Progress(done, total, states, rate, left / rate if rate else None)


def _rate(rows: QuerySet[GenerationJob]) -> float | None:
    """From the last minute; for samplers slower than that, from the seconds that finished stretches took."""
    now = timezone.now()
    started = rows.filter(state=JobState.RUNNING).aggregate(first=Min("started_at"))["first"]
    if started is None:
        return None
    since = max(now - WINDOW, started)
    lately = Sample.objects.filter(job__in=rows, created_at__gt=since).count()
    if lately >= 2:
        return lately / max((now - since).total_seconds(), 1e-3)
    seconds = rows.aggregate(seconds=Sum("seconds"))["seconds"]
    samples = Sample.objects.filter(job__in=rows).count()
    return samples / seconds if seconds and samples else None
