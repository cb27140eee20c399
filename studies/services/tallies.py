"""Votes counted: distinct participants per sample and label, recomputed from the ballots each time."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from django.db.models import Count, QuerySet
from numpy.typing import NDArray

from studies.models import CANNOT_TELL, Ballot, Item, Pick, Study
from studies.models.ballot import are_votes


@dataclass(frozen=True)
class Tally:
    """Counts of one item over participants who have not withdrawn.

    samples: ids in pool order;  votes: int64 (m,), distinct participants per sample
    labels: those offered, "cannot tell" last;  by_label: int64 (labels, m);  label_counts: int64 (labels,), ballots
    picks: number of picks -> how many of the ballots have that many
    """

    samples: tuple[int, ...]
    votes: NDArray[np.int64]
    labels: tuple[str, ...]
    by_label: NDArray[np.int64]
    label_counts: NDArray[np.int64]
    picks: dict[int, int]
    ballots: int = 0
    simulated_ballots: int = 0


def tally(item: Item) -> Tally:
    """The counts of one item."""
    return tallies(item.study, [item])[item.pk]


def label_counts(item: Item) -> dict[str, int]:
    """Label -> number of ballots, "cannot tell" last; empty where the study asks for no label."""
    counted = tally(item)
    return dict(zip(counted.labels, counted.label_counts.tolist(), strict=True))


def offered_labels(study: Study) -> tuple[str, ...]:
    """The labels of a study, "cannot tell" last; none where it asks for none."""
    return (*study.labels, CANNOT_TELL) if study.ask_label else ()


def tallies(
    study: Study,
    items: Iterable[Item],
    pools: Mapping[int, tuple[int, ...]] | None = None,
    *,
    without: Collection[int] = (),
) -> dict[int, Tally]:
    """Counts by item id, for any number of items in a fixed number of queries, which the database groups.

    pools: item id -> sample ids in pool order, where the caller has them already
    without: ids of participants whose ballots are left out
    """
    chosen = list(items)
    keys = [item.pk for item in chosen]
    pools = pools if pools is not None else {item.pk: tuple(item.pool.values_list("pk", flat=True)) for item in chosen}
    ballots, votes = _ballots(keys, without), _votes(pools, without)
    labels = offered_labels(study)
    return {pk: _tally(pools[pk], labels, ballots[pk], votes[pk]) for pk in keys}


def picked(
    items: Iterable[Item], pools: Mapping[int, tuple[int, ...]], *, without: Collection[int] = ()
) -> dict[int, dict[int, frozenset[int]]]:
    """Item id -> ballot id -> the pool indexes picked, of every vote. Grows with the ballots: for workers.

    pools, without: as for `tallies`
    """
    column = {pk: {sample: index for index, sample in enumerate(pools[pk])} for pk in pools}
    found: dict[int, dict[int, frozenset[int]]] = {item.pk: {} for item in items}
    rows = _of(Ballot.objects.votes(), "", list(found), without).order_by("trial__item", "pk")
    query = rows.values_list("trial__item", "pk", "picks__sample").iterator(chunk_size=5000)
    for (item, ballot), group in itertools.groupby(query, key=itemgetter(0, 1)):
        found[item][ballot] = frozenset(column[item][sample] for _, _, sample in group if sample is not None)
    return found


def _of(rows: QuerySet[Any], prefix: str, items: list[int], without: Collection[int]) -> QuerySet[Any]:
    rows = rows.filter(**{f"{prefix}trial__item__in": items})
    return rows.exclude(**{f"{prefix}trial__participant__in": without}) if without else rows


def _ballots(items: list[int], without: Collection[int]) -> dict[int, list[tuple[str, bool, int]]]:
    """Item id -> (label, simulated, number of ballots)."""
    found: dict[int, list[tuple[str, bool, int]]] = defaultdict(list)
    rows = _of(Ballot.objects.votes(), "", items, without).order_by()
    grouped = rows.values_list("trial__item", "label", "trial__participant__simulated").annotate(Count("pk"))
    for item, label, simulated, count in grouped:
        found[item].append((label, simulated, count))
    return found


def _votes(
    pools: Mapping[int, tuple[int, ...]], without: Collection[int]
) -> dict[int, list[tuple[int, str, int, int]]]:
    """Item id -> (sample id, label, rank of the pick, number). A ballot with k picks has one of each rank to k.

    Not grouped by item: within a study a sample is in the pool of one item.
    """
    owner = {sample: item for item, samples in pools.items() for sample in samples}
    found: dict[int, list[tuple[int, str, int, int]]] = defaultdict(list)
    rows = _of(Pick.objects.filter(are_votes("ballot__")), "ballot__", list(pools), without).order_by()
    for sample, *rest in rows.values_list("sample", "ballot__label", "rank").annotate(Count("pk")):
        found[owner[sample]].append((sample, *rest))
    return found


def _tally(
    samples: tuple[int, ...],
    labels: tuple[str, ...],
    ballots: list[tuple[str, bool, int]],
    picks: list[tuple[int, str, int, int]],
) -> Tally:
    column = {pk: index for index, pk in enumerate(samples)}
    row = {label: index for index, label in enumerate(labels)}
    votes = np.zeros(len(samples), dtype=np.int64)
    by_label = np.zeros((len(labels), len(samples)), dtype=np.int64)
    label_counts = np.zeros(len(labels), dtype=np.int64)
    at_least: Counter[int] = Counter()
    # A participant has one ballot per item, in which no sample is picked twice: a pick is a person.
    for sample, label, rank, count in picks:
        votes[column[sample]] += count
        at_least[rank] += count
        if label in row:
            by_label[row[label], column[sample]] += count
    for label, _, count in ballots:
        if label in row:
            label_counts[row[label]] += count
    total = at_least[0] = sum(count for _, _, count in ballots)
    sizes = {k: at_least[k] - at_least[k + 1] for k in range(max(at_least) + 1) if at_least[k] > at_least[k + 1]}
    simulated = sum(count for _, simulated, count in ballots if simulated)
    return Tally(samples, votes, labels, by_label, label_counts, sizes, total, simulated)
