"""Votes counted: distinct participants per sample and label, recomputed from the ballots each time."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet
from numpy.typing import NDArray

from studies.models import CANNOT_TELL, Ballot, Item, Kind, Pick, Study, Trial

#: Sample id, label of the ballot, rank of the pick, number.
Vote = tuple[int, str, int, int]


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
    votes = _votes(study, {item.pk: pools[item.pk] for item in chosen if item.kind == Kind.MAIN}, without)
    ballots = _ballots(keys, votes, without)
    labels = offered_labels(study)
    return {pk: _tally(pools[pk], labels, *ballots[pk], votes[pk]) for pk in keys}


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


def _ballots(
    items: list[int], votes: Mapping[int, Iterable[Vote]], without: Collection[int]
) -> dict[int, tuple[Counter[str], int]]:
    """Item id -> number of ballots by label, and how many of all are simulated.

    votes: as `_votes` found them. A ballot with picks has one first pick; the others are looked for.
    """
    found = {item: (Counter[str](), 0) for item in items}
    for item, rows in votes.items():
        for _, label, rank, count in rows:
            found[item][0][label] += count if rank == 1 else 0
    voted = _of(Ballot.objects.votes(), "", items, without).order_by()
    blank = voted.filter(picked=0).values_list("trial__item", "label").annotate(Count("pk"))
    for item, label, count in blank:
        found[item][0][label] += count
    simulated = voted.filter(trial__participant__simulated=True).values_list("trial__item").annotate(Count("pk"))
    return found | {item: (found[item][0], count) for item, count in simulated}


def _votes(study: Study, pools: Mapping[int, tuple[int, ...]], without: Collection[int]) -> dict[int, list[Vote]]:
    """Item id -> votes. A ballot with k picks has one of each rank to k.

    All picks of the samples, less those that are no votes: the few that do not count are found by whose they are, and
    the many that do are counted without a look at their ballots, which takes a database several times as long.
    """
    owner = {sample: item for item, samples in pools.items() for sample in samples}
    links = Item.jobs.through.objects
    jobs = links.filter(item__in=list(pools)).values("generationjob")
    others = links.filter(generationjob__in=jobs).exclude(item__in=list(pools)).values_list("item", flat=True)
    picks = Pick.objects.filter(sample__job__in=jobs)
    counts = _counted(picks)
    # Of other studies with the same LR image, whose pools may be the same rows.
    counts.subtract(_counted(picks.filter(ballot__trial__item__in=set(others))))
    counts.subtract(_counted(picks.filter(ballot__trial__in=_uncounted(study, list(pools), without))))
    found: dict[int, list[Vote]] = defaultdict(list)
    for (sample, label, rank), count in counts.items():
        if count and sample in owner:
            found[owner[sample]].append((sample, label, rank, count))
    return found


def _uncounted(study: Study, items: list[int], without: Collection[int]) -> QuerySet[Trial]:
    """Trials of these items whose answers do not count: second ones, and of people who withdrew or are left out."""
    gone = study.participants.exclude(withdrawn_at=None).order_by().values_list("pk", flat=True)
    return Trial.objects.filter(Q(repeat__gt=0) | Q(participant__in={*gone, *without}), item__in=items)


def _counted(picks: QuerySet[Pick]) -> Counter[tuple[int, str, int]]:
    rows = picks.order_by().values_list("sample", "label", "rank").annotate(Count("pk"))
    return Counter({(sample, label, rank): count for sample, label, rank, count in rows})


def _tally(
    samples: tuple[int, ...],
    labels: tuple[str, ...],
    ballots: Counter[str],
    simulated: int,
    picks: list[Vote],
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
    for label in row:
        label_counts[row[label]] = ballots[label]
    total = at_least[0] = ballots.total()
    sizes = {k: at_least[k] - at_least[k + 1] for k in range(max(at_least) + 1) if at_least[k] > at_least[k + 1]}
    return Tally(samples, votes, labels, by_label, label_counts, sizes, total, simulated)
