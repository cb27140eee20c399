"""Asking for samples, and taking it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from inference import samplers
from inference.errors import RequestError
from inference.models import MAX_SEED, GenerationJob, JobState, LowResImage, Weights
from inference.reconciling import settle_cancelled
from inference.samplers import SamplerSettings, SettingsError
from inference.samplers.limits import MOST_PIXELS, SMALLEST_SIDE
from inference.sending import send_job
from inference.services.catalogue import catalogue

MOST_SAMPLES = 100_000


def request_generation(
    low_res: LowResImage,
    sampler: str,
    weights: Weights | str,
    seeds: Sequence[int],
    settings: Mapping[str, Any] | SamplerSettings | None = None,
) -> GenerationJob:
    """Ask for one sample per seed (consecutive seeds); the same request is the same job.

    A failed or cancelled job is queued anew and keeps its samples. The task is sent when the transaction commits.
    Raises RequestError, one sentence, for anything that cannot be drawn.
    """
    chosen = _settings(sampler, settings)
    weights = _weights(sampler, weights)
    check_seeds(seeds)
    _check_image(low_res, weights)
    asked = {"first_seed": int(seeds[0]), "count": len(seeds), "settings": chosen}
    return find_or_send(low_res, weights, asked)


def find_or_send(low_res: LowResImage, weights: Weights, asked: Mapping[str, Any]) -> GenerationJob:
    """The one job that these facts decide, sent when the transaction commits unless it is done or under way.

    asked: "first_seed", "count", "settings", all checked, and "derivation" where samples are made of others
    """
    facts = {"low_res": low_res.sha256, "sampler": weights.sampler, "weights": weights.sha256, **asked}
    job, created = GenerationJob.objects.get_or_create(
        digest=digest(facts), defaults={"low_res": low_res, "sampler": weights.sampler, "weights": weights, **asked}
    )
    if not created:
        return ask_anew(job)
    transaction.on_commit(partial(send_job, job.pk))
    return job


def ask_anew(job: GenerationJob) -> GenerationJob:
    """Queue a job again that failed or was cancelled; it keeps its samples. One that is done or under way stays so."""
    if _queue_anew(job):
        transaction.on_commit(partial(send_job, job.pk))
    return job


def digest(facts: Mapping[str, Any]) -> str:
    """sha256 of the facts as canonical JSON (sorted keys, no spaces, ASCII)."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def cancel(job: GenerationJob) -> GenerationJob:
    """Stop a job: at once while nobody draws it, else between two steps of its worker. Its samples stay."""
    row = GenerationJob.objects.filter(pk=job.pk)
    row.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).update(cancel_requested=True)
    settle_cancelled(row)
    job.refresh_from_db()
    return job


def _queue_anew(job: GenerationJob) -> bool:
    """Whether the job must be sent again; one that is just being cancelled goes on instead."""
    row = GenerationJob.objects.filter(pk=job.pk)
    row.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).update(cancel_requested=False)
    queued = row.filter(Q(state=JobState.FAILED) | Q(state=JobState.CANCELLED)).update(
        state=JobState.QUEUED,
        attempts=0,
        error="",
        cancel_requested=False,
        lease_until=None,
        lease_token=None,
        finished_at=None,
    )
    job.refresh_from_db()
    return bool(queued)


def _settings(sampler: str, settings: Mapping[str, Any] | SamplerSettings | None) -> dict[str, Any]:
    """All settings of the family, defaults too; 1 becomes 1.0 where a float belongs, so that equals are equal."""
    try:
        kind = samplers.settings_class(sampler)
        if isinstance(settings, SamplerSettings):
            if type(settings) is not kind:
                raise RequestError(f"{type(settings).__name__} are not settings of the sampler {sampler}.")
            settings = settings.as_mapping()
        chosen = kind.from_mapping(settings or {}).as_mapping()
    except SettingsError as error:
        raise RequestError(str(error)) from None
    defaults = kind().as_mapping()
    return {name: float(value) if type(defaults[name]) is float else value for name, value in chosen.items()}


def _weights(sampler: str, weights: Weights | str) -> Weights:
    if isinstance(weights, Weights):
        if weights.sampler != sampler:
            raise RequestError(f"The weights {weights} are for the sampler {weights.sampler}, not for {sampler}.")
        return weights
    known = {row.name: row for row in catalogue() if row.sampler == sampler}
    if weights not in known:
        offered = f"choose one of {', '.join(known)}" if known else "train or import some first"
        raise RequestError(f"There are no weights {sampler}/{weights}: {offered}.")
    return known[weights]


def check_seeds(seeds: Sequence[int]) -> None:
    """Raises RequestError unless one job can have these seeds."""
    if not 1 <= len(seeds) <= MOST_SAMPLES:
        raise RequestError(f"One job draws 1 to {MOST_SAMPLES:,} samples, not {len(seeds):,}.")
    if any(seed != seeds[0] + place for place, seed in enumerate(seeds)):
        raise RequestError("The seeds of one job are consecutive: ask for a range, or make several jobs.")
    if seeds[0] < 0 or seeds[-1] > MAX_SEED:
        raise RequestError(f"Seeds are whole numbers from 0 to {MAX_SEED}.")


def _check_image(low_res: LowResImage, weights: Weights) -> None:
    if low_res.channels > weights.channels:
        raise RequestError(
            f"The image is in colour, but the weights {weights} draw grey images: "
            "make the image grey or choose weights for colour."
        )
    if min(low_res.width, low_res.height) < SMALLEST_SIDE:
        raise RequestError(f"The image must have at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels.")
    if low_res.width * low_res.height > MOST_PIXELS:
        raise RequestError(f"The image must have at most {MOST_PIXELS:,} pixels altogether: cut it into parts.")
