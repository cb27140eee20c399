"""The pools of a study: asked for, watched, cancelled. "Is this study ready?" is a query."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Prefetch, QuerySet

from inference import services as inference
from inference.models import GenerationJob, JobState
from studies.errors import LifecycleError
from studies.models import Item, Study, StudyState
from studies.services.ordering import derived_seed

NOT_ASKED = "not asked for"
# An item with several jobs stands where the one stands that is furthest from done.
_LEAST_DONE = (JobState.FAILED, JobState.CANCELLED, JobState.RUNNING, JobState.QUEUED, JobState.DONE)


@dataclass(frozen=True)
class ItemProgress:
    """One item's pool. state: "not asked for" or a JobState; error: of a failed job, one sentence."""

    item: Item
    done: int
    total: int
    state: str
    error: str


@dataclass(frozen=True)
class StudyProgress:
    """All pools of a study; `running` while a worker has or will have something to draw."""

    items: tuple[ItemProgress, ...]
    done: int
    total: int
    running: bool
    samples_per_second: float | None
    seconds_left: float | None


def first_seed(study: Study, item: Item) -> int:
    """Of the item's pool, below 2**62: it follows from the study's seed, the LR image and the weights."""
    return derived_seed(study.seed, f"{item.low_res.sha256}|{study.weights.sha256}") >> 1


def start(study: Study) -> list[GenerationJob]:
    """Ask for every item's pool under the present protocol; what is drawn already is not drawn again.

    Raises LifecycleError without items, when the study is open or frozen, and for what cannot be drawn.
    """
    if study.frozen_at is not None or study.state == StudyState.OPEN:
        raise LifecycleError("People may already vote on these samples: they cannot be drawn anew.")
    items = list(study.items.select_related("low_res"))
    if not items:
        raise LifecycleError("There is nothing to draw: add at least one LR image first.")
    with transaction.atomic():
        return [_ask(study, item) for item in items]


def _ask(study: Study, item: Item) -> GenerationJob:
    first = first_seed(study, item)
    seeds = range(first, first + study.pool_size)
    weights = study.weights
    try:
        job = inference.request_generation(item.low_res, weights.sampler, weights, seeds, study.settings)
    except inference.RequestError as error:
        raise LifecycleError(f"“{item.name}” cannot be drawn: {error}", status=400) from None
    stop(item.jobs.exclude(pk=job.pk))
    item.jobs.set([job])
    return job


def cancel(study: Study) -> None:
    """Stop drawing; samples that are stored stay, and `start` goes on from them."""
    stop(_jobs(study))


def detach(study: Study) -> None:
    """Forget the items' pools, because the protocol that drew them has changed. Jobs and samples stay."""
    stop(_jobs(study))
    Item.jobs.through.objects.filter(item__study=study).delete()


def missing(study: Study) -> str:
    """Why the study cannot be opened, in one sentence; empty when every pool is complete. Two queries."""
    counts = [item.drawn for item in study.items.annotate(drawn=Count("jobs__samples"))]
    if not counts:
        return "The study has no items: add at least one LR image and draw its samples."
    lacking = sum(drawn != study.pool_size for drawn in counts)
    if lacking:
        return f"The samples of {lacking} of {len(counts)} items are not complete: draw them first."
    return ""


def ready(study: Study) -> bool:
    """True when there are items and each has all its samples."""
    return not missing(study)


def progress(study: Study) -> StudyProgress:
    """How far the drawing is, for each item and for all together. A few queries, nothing stored."""
    drawn = GenerationJob.objects.annotate(drawn=Count("samples"))
    items = study.items.select_related("low_res").prefetch_related(Prefetch("jobs", drawn))
    found = tuple(_item_progress(study, item) for item in items)
    speed = inference.progress(_jobs(study))
    return StudyProgress(
        items=found,
        done=sum(item.done for item in found),
        total=sum(item.total for item in found),
        running=any(item.state in (JobState.QUEUED, JobState.RUNNING) for item in found),
        samples_per_second=speed.samples_per_second,
        seconds_left=speed.seconds_left,
    )


def _item_progress(study: Study, item: Item) -> ItemProgress:
    jobs = list(item.jobs.all())
    done = sum(job.drawn for job in jobs)  # type: ignore[attr-defined]
    error = next((job.error for job in jobs if job.state == JobState.FAILED), "")
    state = next((state for state in _LEAST_DONE if any(job.state == state for job in jobs)), NOT_ASKED)
    return ItemProgress(item=item, done=done, total=study.pool_size, state=state, error=error)


def _jobs(study: Study) -> QuerySet[GenerationJob]:
    return GenerationJob.objects.filter(
        pk__in=Item.jobs.through.objects.filter(item__study=study).values("generationjob")
    )


def stop(jobs: QuerySet[GenerationJob]) -> None:
    """Cancel those of the jobs that have not settled."""
    for job in jobs.exclude(pk__in=GenerationJob.objects.settled()):
        inference.cancel(job)
