"""Candidates made from two others of one pool: between them, or a part of one inside the other."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from inference import services as inference
from inference.models import GenerationJob, Sample
from studies.models import Item, Study
from studies.services import drawing
from studies.services.limits import refuse_change, refuse_too_many

Box = tuple[int, int, int, int]


def interpolate(item: Item, first: Sample, second: Sample, *, count: int) -> GenerationJob:
    """Add `count` candidates on the way from one sample of the pool to another.

    Raises LifecycleError once people may vote, and for a pool that would be too large; RequestError for two samples
    that cannot be mixed.
    """
    return _add(item, count, lambda: inference.request_interpolation(first, second, count))


def fuse(item: Item, base: Sample, other: Sample, *, box: Box, count: int, step: int, seed: int) -> GenerationJob:
    """Add `count` candidates that are `base` with the region `box` of `other`, diffused in part and drawn anew.

    box: left, top, right, bottom in pixels of the candidates, the latter two exclusive
    step: how many per cent of the chain are gone back, 1 to 99;  seed: of the first; errors as for `interpolate`
    """
    return _add(item, count, lambda: inference.request_fusion(base, other, box, count, step, seed))


def remove(item: Item, job: GenerationJob) -> None:
    """Take candidates that were made from others out of the pool. Raises LifecycleError once people may vote."""
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=item.study_id)
        refuse_change(study)
        take_out(item, job)
        drawing.forget_answers(study)


def take_out(item: Item, job: GenerationJob) -> None:
    """Unlink a job from the item, and what was made from its samples with it, so that no parent is missing."""
    gone: GenerationJob | None = job
    while gone is not None:
        drawing.stop(item.jobs.filter(pk=gone.pk))
        item.jobs.remove(gone)
        gone = _orphan(item)


def _orphan(item: Item) -> GenerationJob | None:
    left = set(item.pool.values_list("sha256", flat=True))
    made = item.jobs.exclude(derivation={})
    return next((job for job in made if not left.issuperset(job.derivation["samples"])), None)


def _add(item: Item, count: int, ask: Callable[[], GenerationJob]) -> GenerationJob:
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=item.study_id)
        refuse_change(study)
        refuse_too_many(study, count)
        job = ask()
        item.jobs.add(job)
        drawing.forget_answers(study)
    return job
