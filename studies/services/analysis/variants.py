"""Variants beside an evaluation's ensemble: what the votes allow, asked for by people, made by workers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from inference import services as inference
from inference.core.images import read_uint8
from inference.models import Sample
from studies.aggregation.marks import Mark
from studies.aggregation.variants import Recipe, Votes, parts_of, plan
from studies.models import CANNOT_TELL, Ballot, Evaluation, Item
from studies.models.evaluation import Variant, VariantSet
from studies.services.analysis import figures
from studies.services.candidates.pools import Pool
from studies.services.tallies import Tally


def votes(item: Item, counted: Tally, pool: Sequence[Sample], marks: Sequence[Mark], seed: int) -> Votes:
    """What decides the item's variants. pool: in pool order;  marks: see `marks_of`;  seed: of ties"""
    study = item.study
    rows = zip(counted.labels, counted.by_label.tolist(), strict=True)
    ballots = zip(counted.labels, counted.label_counts.tolist(), strict=True)
    return Votes(
        votes=tuple(counted.votes.tolist()),
        by_label={label: tuple(given) for label, given in rows if label != CANNOT_TELL},
        ballots={label: count for label, count in ballots if label != CANNOT_TELL},
        marks=tuple(marks),
        consistency=tuple(sample.lr_consistency for sample in pool),
        n=study.ensemble_size,
        ties=study.tie_rule,  # type: ignore[arg-type]
        seed=seed,
        width=item.low_res.width,
        height=item.low_res.height,
    )


def marks_of(
    items: Iterable[Item], pools: dict[int, tuple[int, ...]], without: Collection[int] = ()
) -> dict[int, list[Mark]]:
    """Item id -> (region, pool indexes picked) of every ballot that marked a part and picked. One query.

    pools: item id -> sample ids in pool order;  without: ids of participants whose ballots are left out
    """
    column = {pk: {sample: index for index, sample in enumerate(ids)} for pk, ids in pools.items()}
    rows = (
        Ballot.objects.votes(without)
        .filter(trial__item__in=[item.pk for item in items], picks__isnull=False)
        .exclude(region={})
        .order_by("pk", "picks__sample")
        .values_list("trial__item", "pk", "region", "picks__sample")
    )
    found: dict[int, dict[int, tuple[Any, list[int]]]] = defaultdict(dict)
    for item, ballot, region, sample in rows:
        found[item].setdefault(ballot, (region, []))[1].append(column[item][sample])
    return {item: [(region, sorted(picks)) for region, picks in of.values()] for item, of in found.items()}


def request(evaluation: Evaluation, given: Votes) -> VariantSet:
    """The row of these votes' variants, to be made by `run`; one that failed is tried again."""
    row, _ = evaluation.variant_sets.get_or_create(
        digest=given.digest, defaults={"plan": [asdict(recipe) for recipe in plan(given)]}
    )
    if row.made_at is None and row.error:
        VariantSet.objects.filter(pk=row.pk).update(error="")
        row.error = ""
    return row


def run(row: VariantSet, pool: Pool, measured: dict[str, figures.Measure]) -> None:
    """Make every variant; once made they stay, and a second worker ends in the same rows.

    Raises StoreError for a sample that is missing or changed: it is named, and nothing stands in for it.
    """
    recipes = [Recipe(**_tuples(stored)) for stored in row.plan]
    made = [_made(row, recipe, pool, measured) for recipe in recipes]
    found = {"version": figures.VERSION, "readings": readings(recipes, pool)}
    with transaction.atomic():
        Variant.objects.bulk_create(made, ignore_conflicts=True)
        VariantSet.objects.filter(pk=row.pk, made_at=None).update(figures=found, error="", made_at=timezone.now())


def _made(row: VariantSet, recipe: Recipe, pool: Pool, measured: dict[str, figures.Measure]) -> Variant:
    ensemble = inference.make_ensemble(
        [pool.samples[index] for index in recipe.samples],
        weights=recipe.weights or None,
        rule=recipe.rule,
        parts=parts_of(recipe),
    )
    picture = read_uint8(inference.ensemble_file(ensemble, "png8"))
    return Variant(variant_set=row, key=recipe.key, ensemble=ensemble, figures=measures(picture, measured))


def measures(picture: NDArray[np.uint8], measured: dict[str, figures.Measure]) -> dict[str, float | None]:
    """By name, rounded as stored; None where a measure is not defined."""
    return {name: figures.number(measure(picture)) for name, measure in measured.items()}


def readings(recipes: Sequence[Recipe], pool: Pool) -> list[dict[str, Any]]:
    """For each pair of labels how far their ensembles differ, beside how far the samples of one label do."""
    labelled = [recipe for recipe in recipes if recipe.label]
    return [
        {"labels": [one.label, other.label], **figures.apart(pool, one.samples, other.samples)}
        for one, other in combinations(labelled, 2)
    ]


def _tuples(stored: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
