"""Votes counted: distinct participants per sample and label, recomputed from the ballots each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studies.models import CANNOT_TELL, Ballot, Item, Study


@dataclass(frozen=True)
class Tally:
    """Counts of one item over participants who have not withdrawn.

    samples: ids in pool order;  votes: int64 (m,), distinct participants per sample
    labels: those offered, "cannot tell" last;  by_label: int64 (labels, m);  label_counts: int64 (labels,), ballots
    picks: the pool indexes that each ballot picked, of the ballots in ballot_ids; ballots = len(picks)
    """

    samples: tuple[int, ...]
    votes: NDArray[np.int64]
    labels: tuple[str, ...]
    by_label: NDArray[np.int64]
    label_counts: NDArray[np.int64]
    picks: tuple[frozenset[int], ...] = field(repr=False)
    ballot_ids: tuple[int, ...] = field(repr=False)
    simulated_ballots: int = 0

    @property
    def ballots(self) -> int:
        return len(self.picks)


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
    study: Study, items: Iterable[Item], pools: Mapping[int, tuple[int, ...]] | None = None
) -> dict[int, Tally]:
    """Counts by item id, for any number of items in a fixed number of queries.

    pools: item id -> sample ids in pool order, where the caller has them already
    """
    chosen = list(items)
    keys = [item.pk for item in chosen]
    pools = pools if pools is not None else {item.pk: tuple(item.pool.values_list("pk", flat=True)) for item in chosen}
    ballots, simulated = _ballots(keys)
    labels = offered_labels(study)
    return {pk: _tally(pools[pk], labels, ballots[pk], simulated[pk]) for pk in keys}


def _ballots(items: list[int]) -> tuple[dict[int, dict[int, tuple[str, set[int]]]], dict[int, int]]:
    """Item id -> ballot id -> (label, picked sample ids), and item id -> ballots of simulated participants.

    One query, so that votes and numbers of ballots belong together while people go on voting.
    """
    rows = (
        Ballot.objects.votes()
        .filter(trial__item__in=items)
        .order_by("pk")
        .values_list("trial__item", "pk", "label", "trial__participant__simulated", "picks__sample")
    )
    found: dict[int, dict[int, tuple[str, set[int]]]] = defaultdict(dict)
    simulated: dict[int, int] = defaultdict(int)
    for item, pk, label, is_simulated, sample in rows:
        if pk not in found[item]:
            found[item][pk] = (label, set())
            simulated[item] += is_simulated
        if sample is not None:
            found[item][pk][1].add(sample)
    return found, simulated


def _tally(
    samples: tuple[int, ...], labels: tuple[str, ...], ballots: dict[int, tuple[str, set[int]]], simulated: int
) -> Tally:
    column = {pk: index for index, pk in enumerate(samples)}
    row = {label: index for index, label in enumerate(labels)}
    votes = np.zeros(len(samples), dtype=np.int64)
    by_label = np.zeros((len(labels), len(samples)), dtype=np.int64)
    label_counts = np.zeros(len(labels), dtype=np.int64)
    picks = []
    for label, picked in ballots.values():
        columns = [column[pk] for pk in picked]
        picks.append(frozenset(columns))
        # A participant has one ballot per item, in which no sample is picked twice: a pick is a person.
        votes[columns] += 1
        if label in row:
            by_label[row[label], columns] += 1
            label_counts[row[label]] += 1
    return Tally(samples, votes, labels, by_label, label_counts, tuple(picks), tuple(ballots), simulated)
