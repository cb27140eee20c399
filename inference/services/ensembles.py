"""Asking for ensembles, and reading their files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Literal

from django.db import transaction
from django.db.models import prefetch_related_objects

from inference import ensembles, store
from inference.core.regions import Parts
from inference.core.rules import REGIONS, RULES, WEIGHTED
from inference.errors import RequestError
from inference.models import Ensemble, EnsembleMember, Sample
from inference.sending import send_ensemble
from inference.services.jobs import digest

Kind = Literal["png8", "png16", "tiff", "spread", "residual"]


def request_ensemble(
    samples: Iterable[Sample],
    *,
    weights: Sequence[float] | None = None,
    rule: str = "mean",
    parts: Parts | None = None,
) -> Ensemble:
    """Ask for the pixel-wise combination of samples of one LR image; the same request is the same row.

    weights: positive, one per sample, for rules that weigh; None weighs all alike. parts: of the rule "regions", in
    indexes of `samples`. What failed before is tried again. The task is sent when the transaction commits.
    Raises RequestError.
    """
    ensemble, asked = _asked(list(samples), weights, rule, parts)
    if asked:
        transaction.on_commit(partial(send_ensemble, ensemble.pk))
    return ensemble


def make_ensemble(
    samples: Iterable[Sample],
    *,
    weights: Sequence[float] | None = None,
    rule: str = "mean",
    parts: Parts | None = None,
) -> Ensemble:
    """As `request_ensemble`, but made here and now: for workers. Raises RequestError and StoreError."""
    return ensembles.build(_asked(list(samples), weights, rule, parts)[0].pk)


def _asked(
    members: list[Sample], weights: Sequence[float] | None, rule: str, parts: Parts | None
) -> tuple[Ensemble, bool]:
    """The row of a request, and whether somebody has to make it."""
    prefetch_related_objects(members, "job__low_res", "job__weights")
    shares = [1.0] * len(members) if weights is None else [float(weight) for weight in weights]
    _check(members, shares, rule, parts)
    first = members[0].job
    named = [(sample.sha256, share) for sample, share in zip(members, shares, strict=True)]
    scale = first.weights.scale
    asked_for = ensemble_digest(rule, named, low_res=first.low_res.sha256, scale=scale, parts=parts)
    stored = {} if parts is None else ensembles.parts_to(parts, [sha256 for sha256, _ in named])
    fields = {"rule": rule, "low_res": first.low_res, "scale": scale, "parts": stored}
    with transaction.atomic():
        ensemble, created = Ensemble.objects.get_or_create(digest=asked_for, defaults=fields)
        if created:
            rows = zip(members, shares, strict=True)
            EnsembleMember.objects.bulk_create(
                EnsembleMember(ensemble=ensemble, sample=sample, weight=share) for sample, share in rows
            )
    failed = Ensemble.objects.filter(pk=ensemble.pk, made_at=None).exclude(error="")
    again = bool(failed.update(error=""))
    if again:
        ensemble.refresh_from_db()
    return ensemble, created or again


def ensemble_digest(
    rule: str, members: Sequence[tuple[str, float]], *, low_res: str, scale: int, parts: Parts | None
) -> str:
    """Of all that decides an ensemble. members: sha256, weight;  low_res: sha256;  parts: in places of members"""
    named = sorted([sha256, share] for sha256, share in members)
    facts: dict[str, Any] = {"rule": rule, "low_res": low_res, "scale": scale, "members": named}
    if parts is not None and (stored := ensembles.parts_to(parts, [sha256 for sha256, _ in members])):
        facts["parts"] = stored
    return digest(facts)


def ensemble_file(ensemble: Ensemble, kind: Kind) -> bytes:
    """One stored file, verified; RequestError where it does not exist, StoreError where it cannot be read."""
    if ensemble.made_at is None:
        raise RequestError("The ensemble is not made yet: wait for a worker.")
    sha256: str = getattr(ensemble, f"{kind}_sha256")
    if not sha256 and kind == "residual":
        raise RequestError("This ensemble was made before residuals were kept.")
    if not sha256:
        raise RequestError("The spread of a single sample is not defined: it takes two samples to differ.")
    return store.get(sha256, "ensembles", ".png" if kind.startswith("png") else ".tiff")


def _check(members: list[Sample], shares: list[float], rule: str, parts: Parts | None) -> None:
    if rule not in RULES:
        raise RequestError(f"There is no ensemble rule {rule!r}: choose one of {', '.join(RULES)}.")
    if not members:
        raise RequestError("An ensemble needs at least one sample.")
    if len(shares) != len(members):
        raise RequestError(f"There are {len(members)} samples but {len(shares)} weights.")
    if not all(math.isfinite(share) and share > 0 for share in shares):
        raise RequestError("The weights of an ensemble are positive numbers.")
    if rule not in WEIGHTED and set(shares) != {1.0}:
        raise RequestError(f"The rule {rule!r} takes no weights: leave them out.")
    if len({sample.pk for sample in members}) < len(members):
        raise RequestError("A sample is named twice: give it a larger weight instead.")
    if len({(sample.job.low_res_id, sample.job.weights.scale) for sample in members}) > 1:
        raise RequestError("The samples of an ensemble show the same low-resolution image at the same scale.")
    if (parts is not None) != (rule == REGIONS):
        raise RequestError(f"Parts of the picture belong to the rule {REGIONS!r} and to no other.")
    if parts is not None and parts.members != tuple(range(len(members))):
        raise RequestError("The parts of the picture name samples that are not there, or leave some out.")
