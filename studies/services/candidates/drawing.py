"""The pools of a study: asked for, watched, cancelled. "Is this study ready?" is a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Prefetch, QuerySet

from inference import services as inference
from inference.models import GenerationJob, JobState, Weights
from studies.errors import LifecycleError
from studies.models import Item, Observation, Study, StudyState, Trial
from studies.services.ordering import derived_seed

NOT_ASKED = "not asked for"
#: What to say when another protocol has emptied pools in which there were such.
MADE_ARE_GONE = "Candidates made from two are no longer in the pools: draw anew, then make them again."
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


@dataclass(frozen=True)
class Source:
    """What draws candidates for every item of a study."""

    weights: Weights
    count: int
    settings: dict[str, Any]


def sources(study: Study) -> list[Source]:
    """The study's own weights, and those of its additions. One query."""
    added = study.additions.select_related("weights")
    own = Source(study.weights, study.pool_size, study.settings)
    return [own, *(Source(addition.weights, addition.count, addition.settings) for addition in added)]


def may_change(study: Study) -> bool:
    """Whether pools may still change: before the first ballot, and while nobody can give one."""
    return study.frozen_at is None and study.state != StudyState.OPEN


def first_seed(study: Study, item: Item, weights: Weights | None = None) -> int:
    """Of a job of the item's, below 2**62: it follows from the study's seed, the LR image and the weights.

    weights: those of an addition; else the study's own
    """
    weights = weights or study.weights
    return derived_seed(study.seed, f"{item.low_res.sha256}|{weights.sha256}") >> 1


def start(study: Study) -> list[GenerationJob]:
    """Ask for every item's pool under the present protocol; what is drawn already is not drawn again.

    Raises LifecycleError without items, when the study is open or frozen, and for what cannot be drawn.
    """
    with transaction.atomic():
        current = Study.objects.select_for_update().get(pk=study.pk)
        if not may_change(current):
            raise LifecycleError("People may already vote on these samples: they cannot be drawn anew.")
        items = list(current.items.select_related("low_res"))
        if not items:
            raise LifecycleError("There is nothing to draw: add at least one LR image first.")
        drawn_by = sources(current)
        return [job for item in items for job in _ask(current, item, drawn_by)]


def _ask(study: Study, item: Item, drawn_by: list[Source]) -> list[GenerationJob]:
    """The item's jobs: one per source, and those that were made from their samples."""
    try:
        jobs = [_request(study, item, source) for source in drawn_by]
        made = [inference.ask_anew(job) for job in item.jobs.exclude(derivation={})]
    except inference.RequestError as error:
        raise LifecycleError(f"“{item.name}” cannot be drawn: {error}", status=400) from None
    wanted = [*jobs, *made]
    stop(item.jobs.exclude(pk__in=[job.pk for job in wanted]))
    item.jobs.set(wanted)
    return wanted


def _request(study: Study, item: Item, source: Source) -> GenerationJob:
    first = first_seed(study, item, source.weights)
    seeds = range(first, first + source.count)
    return inference.request_generation(item.low_res, source.weights.sampler, source.weights, seeds, source.settings)


def cancel(study: Study) -> None:
    """Stop drawing; samples that are stored stay, and `start` goes on from them."""
    stop(_jobs(study))


def detach(study: Study) -> None:
    """Forget the items' pools, because the protocol that drew them has changed. Jobs and samples stay."""
    stop(_jobs(study))
    Item.jobs.through.objects.filter(item__study=study).delete()


def made_from_others(study: Study) -> bool:
    """Whether pools have candidates made from two others. One query."""
    return _jobs(study).exclude(derivation={}).exists()


def forget_answers(study: Study) -> None:
    """Clear what people have begun but not yet given: it belongs to another protocol or another pool."""
    trials = Trial.objects.filter(participant__study=study)
    # What was on screen goes too: the same place may hold another sample now.
    Observation.objects.filter(trial__in=trials).delete()
    trials.update(label="", labelled_at=None, draft=[], draft_confidence=None, draft_region={})


def missing(study: Study) -> str:
    """Why the study cannot be opened, in one sentence; empty when every pool is complete. Three queries."""
    found = pools(study)
    if not found:
        return "The study has no items: add at least one LR image and draw its samples."
    lacking = sum(pool.done != pool.total for pool in found)
    if lacking:
        return f"The samples of {lacking} of {len(found)} items are not complete: draw them first."
    return ""


def ready(study: Study) -> bool:
    """True when there are items and each has all its samples."""
    return not missing(study)


def progress(study: Study) -> StudyProgress:
    """How far the drawing is, for each item and for all together. A few queries, nothing stored."""
    found = pools(study)
    speed = inference.progress(_jobs(study))
    return StudyProgress(
        items=found,
        done=sum(item.done for item in found),
        total=sum(item.total for item in found),
        running=not speed.settled,
        samples_per_second=speed.samples_per_second,
        seconds_left=speed.seconds_left,
    )


def pools(study: Study) -> tuple[ItemProgress, ...]:
    """How far each item's pool is. Three queries."""
    drawn = GenerationJob.objects.annotate(drawn=Count("samples"))
    items = study.items.select_related("low_res").prefetch_related(Prefetch("jobs", drawn))
    wanted = sum(source.count for source in sources(study))
    return tuple(_item_progress(item, wanted) for item in items)


def _item_progress(item: Item, wanted: int) -> ItemProgress:
    """wanted: samples that the sources draw; those made from others come on top."""
    jobs = list(item.jobs.all())
    done = sum(job.drawn for job in jobs)  # type: ignore[attr-defined]
    made = sum(job.count for job in jobs if job.derivation)
    error = next((job.error for job in jobs if job.state == JobState.FAILED), "")
    state = next((state for state in _LEAST_DONE if any(job.state == state for job in jobs)), NOT_ASKED)
    return ItemProgress(item=item, done=done, total=wanted + made, state=state, error=error)


def _jobs(study: Study) -> QuerySet[GenerationJob]:
    return GenerationJob.objects.filter(
        pk__in=Item.jobs.through.objects.filter(item__study=study).values("generationjob")
    )


def stop(jobs: QuerySet[GenerationJob]) -> None:
    """Cancel those of the jobs that have not settled."""
    for job in jobs.exclude(pk__in=GenerationJob.objects.settled()):
        inference.cancel(job)
