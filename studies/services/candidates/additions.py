"""Candidates of further weights, mixed into the pools of a study: people choose among families they cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from inference.models import Weights
from studies.errors import LifecycleError
from studies.models import Addition, GroundTruth, Study
from studies.models.study import MAX_POOL
from studies.services.candidates import drawing, mixing
from studies.services.candidates.limits import refuse_change, refuse_too_many
from studies.services.design.protocol import complete_settings, sampler_problems, whole_number


def add(study: Study, weights: Weights, *, count: int, settings: Mapping[str, Any] | None = None) -> Addition:
    """Draw `count` more candidates of every item with other weights, beside those that the study has.

    What is missing is asked for at once, where there are items. Raises LifecycleError, with nothing changed, for
    weights that do not fit the study or its images, and once people may vote.
    """
    given = dict(settings or {})
    with transaction.atomic():
        current = Study.objects.select_for_update().get(pk=study.pk)
        _refuse(current, weights, count, given)
        added = Addition.objects.create(
            study=current, weights=weights, count=count, settings=complete_settings(weights, given)
        )
        drawing.forget_answers(current)
        if current.items.exists():
            drawing.start(current)
    return added


def remove(addition: Addition) -> None:
    """Take an addition's candidates, and those made from them, out of all pools; they stay stored."""
    with transaction.atomic():
        current = Study.objects.select_for_update().get(pk=addition.study_id)
        refuse_change(current)
        for item in current.items.all():
            for job in item.jobs.filter(weights=addition.weights_id, derivation={}):
                mixing.take_out(item, job)
        addition.delete()
        drawing.forget_answers(current)


def conflict(study: Study, changes: Mapping[str, Any]) -> str:
    """Why these new fields of the protocol do not go with what the study has already, in one sentence; else empty."""
    weights = changes.get("weights", study.weights)
    added = list(study.additions.select_related("weights"))
    if any(addition.weights_id == weights.pk for addition in added):
        return f"{weights} already draw candidates beside the study's own: remove that addition first."
    if other := next((addition.weights for addition in added if addition.weights.scale != weights.scale), None):
        return f"{weights} enlarge x{weights.scale}, but the addition {other} x{other.scale}: remove it first."
    if other := next((addition.weights for addition in added if addition.weights.channels < weights.channels), None):
        return f"The addition {other} draws grey images, but {weights} keep images in colour: remove it first."
    if changes.get("pool_size", study.pool_size) + sum(addition.count for addition in added) > MAX_POOL:
        return f"With its additions, a pool has at most {MAX_POOL:,} samples."
    if weights.scale != study.weights.scale and GroundTruth.objects.filter(item__study=study).exists():
        return (
            f"The truths in this study are {study.weights.scale} times their LR images, but {weights} enlarge "
            f"x{weights.scale}: remove these images first."
        )
    return ""


def _refuse(study: Study, weights: Weights, count: int, settings: dict[str, Any]) -> None:
    refuse_change(study)
    if wrong := whole_number(count, 1, MAX_POOL, "The number of candidates"):
        raise LifecycleError(wrong, status=400)
    if problems := [sentence for sentence in sampler_problems(weights, settings).values() if sentence]:
        raise LifecycleError(problems[0], status=400)
    if weights.pk == study.weights_id or study.additions.filter(weights=weights).exists():
        raise LifecycleError(f"{weights} draw candidates of this study already: choose other weights.", status=400)
    if weights.scale != study.weights.scale:
        raise LifecycleError(
            f"{weights} enlarge x{weights.scale}, but this study x{study.weights.scale}: "
            "candidates of one image must have one size.",
            status=400,
        )
    if weights.channels < study.weights.channels:
        raise LifecycleError(
            f"{weights} draw grey images, but the images of this study are kept in colour: choose weights for colour.",
            status=400,
        )
    refuse_too_many(study, count)
