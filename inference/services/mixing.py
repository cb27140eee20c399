"""Asking for samples made of two others: on the way between them, or a region of one inside the other."""

from __future__ import annotations

from typing import Any

from inference import samplers
from inference.errors import RequestError
from inference.models import GenerationJob, Sample
from inference.samplers.mixtures import FUSION, INTERPOLATION, MixtureError, Origin, fusion, interpolation
from inference.services.jobs import check_seeds, find_or_send

Box = tuple[int, int, int, int]


def request_interpolation(first: Sample, second: Sample, count: int) -> GenerationJob:
    """Ask for ``count`` samples evenly between two that were drawn alike; the same request is the same job.

    The first of them is nearest to ``first``. Raises RequestError, one sentence.
    """
    check_seeds(range(1, count + 1))
    _check_pair(first, second, INTERPOLATION)
    if any(sample.job.derivation for sample in (first, second)):
        raise RequestError("One of the samples was made of others and has no noise of its own: choose drawn samples.")
    if _drawing(first.job) != _drawing(second.job):
        raise RequestError("The samples were drawn by different weights or settings: there is nothing between them.")
    origins = [Origin(sample.seed, sample.attempt) for sample in (first, second)]
    return _ask(first.job, interpolation([first.sha256, second.sha256], origins, count), 1, count)


def request_fusion(base: Sample, other: Sample, box: Box, count: int, step: int, seed: int = 0) -> GenerationJob:
    """Ask for ``count`` samples that are the base with a region of the other, fitted in; same request, same job.

    box: left, top, right, bottom in pixels of the samples, the latter two exclusive
    step: how many per cent of the chain are gone back, 1 to 99; seed: of the first, the next have the next
    Raises RequestError, one sentence.
    """
    check_seeds(range(seed, seed + count))
    _check_pair(base, other, FUSION)
    job = base.job
    size = job.low_res.width * job.weights.scale, job.low_res.height * job.weights.scale
    try:
        derivation = fusion([base.sha256, other.sha256], box, step, size)
    except MixtureError as error:
        raise RequestError(str(error)) from None
    return _ask(job, derivation, seed, count)


def _ask(job: GenerationJob, derivation: dict[str, Any], first_seed: int, count: int) -> GenerationJob:
    asked = {"first_seed": first_seed, "count": count, "settings": job.settings, "derivation": derivation}
    return find_or_send(job.low_res, job.weights, asked)


def _check_pair(first: Sample, second: Sample, kind: str) -> None:
    name = first.job.sampler
    known = getattr(samplers.settings_class(name), "MIXTURES", ()) if name in samplers.names() else ()
    if kind not in known:
        raise RequestError(f"The sampler {name} cannot mix samples by {kind}.")
    if first.job.low_res_id != second.job.low_res_id:
        raise RequestError("The samples belong to different images: choose two of one image.")
    if first.job.weights.scale != second.job.weights.scale:
        raise RequestError("The samples have different sizes: choose two of one size.")
    if first.sha256 == second.sha256:
        raise RequestError("Both samples are the same picture: choose two different ones.")


def _drawing(job: GenerationJob) -> tuple[Any, ...]:
    """What has to agree so that noise means the same: sampler, weights, settings."""
    return job.sampler, job.weights_id, job.settings
