"""Candidates made from two others of one pool: between them, or a part of one inside the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction

from inference import services as inference
from inference.models import GenerationJob, Sample
from inference.samplers.mixtures import FUSION, INTERPOLATION
from studies.errors import LifecycleError
from studies.models import Item, Study
from studies.services.candidates import drawing
from studies.services.candidates.limits import refuse_change, refuse_too_many

Box = tuple[int, int, int, int]


def interpolate(item: Item, first: Sample, second: Sample, *, count: int) -> tuple[GenerationJob, bool]:
    """Add `count` candidates on the way from one sample of the pool to another; their job, and whether it joined.

    A job that is in the pool already does not join it again. Raises LifecycleError once people may vote, for a pool
    that would be too large and for candidates that the pool would then have twice; RequestError for two samples that
    cannot be mixed.
    """
    return _add(item, (first, second), lambda: inference.request_interpolation(first, second, count))


def fuse(
    item: Item, base: Sample, other: Sample, *, box: Box, count: int, step: int, seed: int
) -> tuple[GenerationJob, bool]:
    """Add `count` candidates that are `base` with the region `box` of `other`, diffused in part and drawn anew.

    box: left, top, right, bottom in pixels of the candidates, the latter two exclusive
    step: how many per cent of the chain are gone back, 1 to 99;  seed: of the first
    Result and errors as for `interpolate`.
    """
    return _add(item, (base, other), lambda: inference.request_fusion(base, other, box, count, step, seed))


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


def _add(item: Item, parents: tuple[Sample, Sample], ask: Callable[[], GenerationJob]) -> tuple[GenerationJob, bool]:
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=item.study_id)
        refuse_change(study)
        _refuse_strangers(item, parents)
        job = ask()
        if item.jobs.filter(pk=job.pk).exists():
            return job, False
        _refuse_twins(item, job)
        refuse_too_many(study, job.count)
        item.jobs.add(job)
        drawing.forget_answers(study)
    return job, True


def _refuse_strangers(item: Item, parents: tuple[Sample, Sample]) -> None:
    """Pages stay open while pools change: what was chosen on one may be gone."""
    keys = {sample.pk for sample in parents}
    if item.pool.filter(pk__in=keys).count() != len(keys):
        raise LifecycleError("One of the two candidates is no longer in this pool: choose again.")


def _refuse_twins(item: Item, job: GenerationJob) -> None:
    """What lies between two is decided by their shares alone, a fusion by its region and seed: no picture twice."""
    kind = job.derivation["kind"]
    for other in item.jobs.exclude(pk=job.pk).filter(derivation__kind=kind):
        if kind == INTERPOLATION and set(other.derivation["samples"]) == set(job.derivation["samples"]):
            raise LifecycleError("Candidates between these two are in the pool already: remove them first.")
        if kind == FUSION and other.derivation == job.derivation and _overlap(other.seeds, job.seeds):
            raise LifecycleError("Candidates of these seeds are in the pool already: choose another seed.")


def _overlap(first: Sequence[int], second: Sequence[int]) -> bool:
    return first[0] <= second[-1] and second[0] <= first[-1]
