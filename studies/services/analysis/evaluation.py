"""Ensembles of selections beside their random controls: asked for by people, computed by workers."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from numpy.typing import NDArray

from inference import sending
from inference import services as inference
from inference.core import ensembling
from inference.core.images import encode_png, read_image
from inference.models import Sample
from studies.aggregation.counts import Selection, top_n
from studies.models import Evaluation, GroundTruth, Item, Study, TieRule
from studies.models.evaluation import VariantSet
from studies.services.analysis import exclusions, figures, variants, versions
from studies.services.analysis import plan as plans
from studies.services.candidates.pools import Pool
from studies.services.design.truth import truth_png
from studies.services.ordering import derived_seed, subsets
from studies.services.tallies import Tally, tallies

log = logging.getLogger(__name__)


def selection(
    item: Item, counted: Tally | None = None, pool: Sequence[Sample] | None = None, study: Study | None = None
) -> Selection:
    """The top n samples of an item under a tie rule, as pool indexes.

    counted: by default as the latest analysis counts;  study: whose n and tie rule it takes, by default the item's own
    """
    counted = counted or read(item)
    study = study or item.study
    keys = None
    if study.tie_rule == TieRule.SECONDARY:
        keys = [sample.lr_consistency for sample in (item.pool if pool is None else pool)]
    seed = tie_seed(study.seed, item.position)
    return top_n(counted.votes, study.ensemble_size, ties=study.tie_rule, keys=keys, seed=seed)  # type: ignore[arg-type]


def read(item: Item, left_out: Collection[int] | None = None) -> Tally:
    """The counts of an item, and its study in memory, as the latest analysis version has them.

    left_out: ids of those it leaves out, where the caller knows them
    """
    item.study = versions.as_read(item.study)
    left_out = _left_out(item.study) if left_out is None else left_out
    return tallies(item.study, [item], without=left_out)[item.pk]


def request(item: Item, left_out: Collection[int] | None = None) -> Evaluation | None:
    """The evaluation of the item's present selection, made when it is new, with the variants of its present votes.

    None while nothing is selected. What failed is tried again. The work is sent to a worker after commit.
    left_out: as for `read`
    """
    left_out = _left_out(versions.as_read(item.study)) if left_out is None else left_out
    pool, counted = list(item.pool), read(item, left_out)
    chosen = selection(item, counted, pool).chosen
    if not chosen:
        return None
    marks = variants.marks_of([item], {item.pk: counted.samples}, left_out) if item.study.region else {}
    given = variants.votes(item, counted, pool, marks.get(item.pk, ()), tie_seed(item.study.seed, item.position))
    with transaction.atomic():
        ensemble = inference.request_ensemble([pool[index] for index in chosen])
        evaluation, _ = Evaluation.objects.get_or_create(
            item=item,
            digest=digest(item, pool, chosen),
            defaults={
                "ensemble": ensemble,
                "control_draws": item.study.control_draws,
                "control_seed": control_seed(item.study.seed, item.position),
            },
        )
        asked = variants.request(evaluation, given)
        if evaluation.made_at is None:
            Evaluation.objects.filter(pk=evaluation.pk).update(error="")
            evaluation.error = ""
        if evaluation.made_at is None or asked.made_at is None:
            transaction.on_commit(lambda: send(evaluation.pk))
    return evaluation


def request_all(study: Study) -> list[Evaluation]:
    """The evaluations of all items that have a selection."""
    items = study.items.main().select_related("low_res", "study__weights")
    left_out = _left_out(versions.as_read(study))
    return [made for item in items if (made := request(item, left_out)) is not None]


def _left_out(study: Study) -> frozenset[int]:
    return exclusions.keys(study, plans.of(study))


def send(evaluation_pk: int) -> None:
    sending.send("studies.tasks.evaluate", evaluation_id=evaluation_pk)


def waiting(since: datetime) -> list[int]:
    """Evaluations that were asked for before this time, or whose variants were, and are neither made nor failed."""
    unmade = Q(made_at=None, created_at__lt=since)
    left = Q(made_at__isnull=False, variant_sets__in=VariantSet.objects.filter(unmade, error=""))
    return list(Evaluation.objects.filter(unmade | left, error="").distinct().values_list("pk", flat=True))


def tie_seed(study_seed: int, position: int) -> int:
    """Of the tie rule "random" for the item at this position."""
    return derived_seed(study_seed, f"ties of item {position}")


def control_seed(study_seed: int, position: int) -> int:
    """Stored with each evaluation: the random controls of the item at this position follow from it."""
    return derived_seed(study_seed, f"control of item {position}")


def digest(item: Item, pool: Sequence[Sample], chosen: Sequence[int]) -> str:
    """sha256 of the canonical JSON of all that decides an evaluation's figures."""
    return digest_of(
        low_res=item.low_res.sha256,
        pool=[sample.sha256 for sample in pool],
        chosen=sorted(chosen),
        draws=item.study.control_draws,
        seed=control_seed(item.study.seed, item.position),
        truth=truth_sha256(item),
        version=figures.VERSION,
    )


def digest_of(
    *, low_res: str, pool: list[str], chosen: list[int], draws: int, seed: int, truth: str | None, version: str
) -> str:
    """`digest` by its parts. low_res, pool, truth: sha256;  version: of the figures"""
    content = {
        "low_res": low_res, "pool": pool, "chosen": chosen, "draws": draws, "seed": seed, "truth": truth,
        "version": version,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def truth_sha256(item: Item) -> str | None:
    try:
        return item.truth.sha256
    except GroundTruth.DoesNotExist:
        return None


def controls(evaluation: Evaluation, *, pool_size: int, n: int) -> NDArray[np.int64]:
    """Pool indexes of the random ensembles, (draws, n), replayed from the stored seed."""
    return subsets(evaluation.control_seed, "control", evaluation.control_draws, pool_size, n)


def control_image(evaluation: Evaluation) -> NDArray[np.uint8]:
    """An example of the control, uint8 (H, W, C): the mean of the first random draw. Only of a made evaluation."""
    pool = list(evaluation.item.pool)
    draw = controls(evaluation, pool_size=len(pool), n=evaluation.figures["n"])[0]
    return ensembling.mean_uint8(inference.read_sample(pool[index]) for index in draw)


def control_png(evaluation: Evaluation) -> bytes:
    """`control_image` as a PNG file."""
    return encode_png(control_image(evaluation))


def run(evaluation_pk: int) -> Evaluation:
    """Compute one evaluation and its variants, in a worker; once made they stay. What goes wrong is stored."""
    rows = Evaluation.objects.select_related("item__low_res", "item__study__weights", "ensemble")
    evaluation = rows.get(pk=evaluation_pk)
    if evaluation.made_at is None:
        _run(evaluation)
    if evaluation.made_at is not None:
        for row in evaluation.variant_sets.filter(made_at=None):
            _run_variants(evaluation, row)
    return evaluation


def _run(evaluation: Evaluation) -> None:
    try:
        inference.build_ensemble(evaluation.ensemble_id)
        evaluation.figures = _compute(evaluation)
    except Exception as error:
        log.exception("Evaluation %s of %s failed", evaluation.pk, evaluation.item)
        evaluation.error = _sentence(error)
        evaluation.save(update_fields=["error"])
        return
    evaluation.error, evaluation.made_at = "", timezone.now()
    evaluation.save(update_fields=["figures", "error", "made_at"])


def _run_variants(evaluation: Evaluation, row: VariantSet) -> None:
    try:
        variants.run(row, Pool(list(evaluation.item.pool)), measures(evaluation.item))
    except Exception as error:
        log.exception("%s failed", row)
        VariantSet.objects.filter(pk=row.pk).update(error=_sentence(error))


def _compute(evaluation: Evaluation) -> dict[str, object]:
    item = evaluation.item
    pool = list(item.pool)
    chosen = chosen_indexes(evaluation, pool)
    draws = controls(evaluation, pool_size=len(pool), n=len(chosen))
    return figures.figures(Pool(pool), chosen, draws, measures(item))


def measures(item: Item) -> dict[str, figures.Measure]:
    """What is measured of a picture of this item, see `figures.measures`."""
    return figures.measures(inference.read_low_res(item.low_res), item.study.weights.scale, _truth(item))


def chosen_indexes(evaluation: Evaluation, pool: Sequence[Sample]) -> list[int]:
    """Pool indexes of the ensemble's members, ascending.

    Found by content: the same ensemble may have been made before, of another job's samples with the same pixels.
    """
    places: dict[str, list[int]] = {}
    for index in reversed(range(len(pool))):
        places.setdefault(pool[index].sha256, []).append(index)
    members = evaluation.ensemble.members.order_by("sample_id").values_list("sample__sha256", flat=True)
    return sorted(places[sha256].pop() for sha256 in members)


def _truth(item: Item) -> NDArray[np.float32] | None:
    sha256 = truth_sha256(item)
    if sha256 is None:
        return None
    return read_image(truth_png(sha256))


def _sentence(error: Exception) -> str:
    if isinstance(error, inference.StoreError | inference.RequestError):
        return str(error)
    return f"The figures could not be computed ({type(error).__name__}: {error}); the worker's log has more."
