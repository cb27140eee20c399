"""What else could be made of the same votes: other rules, other weights, one reading alone, and no people at all.

Every variant is a recipe: samples by pool index, their weights, and a rule of `inference.core.rules`. The ensemble
of the study itself, the plain mean of the top n, is not among them.

    linear, median, geometric_median, medoid    the same top n by another rule
    votes      the top n, each weighed by its votes: a sample at the cut weighs less than the favourite
    all        every sample that has a vote, weighed by its votes: every vote counts once, no n and no tie rule
    label-1    the top n of those alone who saw the first label, and so on; nobody's for "cannot tell", nor for a
               label with fewer than two ballots: one person is no reading
    regions    for each part of the picture the top n of those who marked it; see `marks`
    pool       no people: the mean of the whole pool
    consistent no people: the mean of as many samples as the top n, those most consistent with the LR image
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.regions import Parts
from studies.aggregation.counts import Ties, top_n
from studies.aggregation.marks import Mark, choose, grid_of

VERSION = "2"
#: Ballots of a label from which on it is a reading with an ensemble of its own.
LEAST_BALLOTS = 2
SAME_SAMPLES = ("linear", "median", "geometric_median", "medoid")
BASELINES = ("pool", "consistent")


@dataclass(frozen=True)
class Votes:
    """All that decides the variants of one item.

    votes, consistency: by pool index;  by_label: label -> votes of those who gave it, in the order of the labels
    ballots: label -> how many gave it
    marks: of the ballots that marked a part;  width, height: of the LR image
    """

    votes: tuple[int, ...]
    by_label: dict[str, tuple[int, ...]]
    ballots: dict[str, int]
    marks: tuple[Mark, ...]
    consistency: tuple[float, ...]
    n: int
    ties: Ties
    seed: int
    width: int
    height: int

    def chosen(self, votes: Sequence[int] | NDArray[np.int64]) -> tuple[int, ...]:
        """The top n of some votes under the study's tie rule, ascending."""
        keys = self.consistency if self.ties == "secondary" else None
        return tuple(sorted(top_n(votes, self.n, ties=self.ties, keys=keys, seed=self.seed).chosen))

    @property
    def digest(self) -> str:
        """sha256 of the canonical JSON of all this, marks in an order of their own."""
        marks = sorted(json.dumps(mark, sort_keys=True) for mark in self.marks)
        content = asdict(self) | {"version": VERSION, "marks": marks}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Recipe:
    """One variant. samples: pool indexes, ascending; weights: one each, or none where all weigh alike.

    parts: of the rule "regions", in places among `samples`
    """

    key: str
    rule: str
    samples: tuple[int, ...]
    weights: tuple[int, ...] = ()
    label: str = ""
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def effective_n(self) -> float | None:
        """(sum of weights)^2 / sum of squared weights: as many samples of equal weight vary as little.

        None for rules that weigh otherwise: medians, and parts of the picture.
        """
        if self.rule == "medoid":
            return 1.0
        if self.rule not in ("mean", "linear"):
            return None
        weights = self.weights or (1,) * len(self.samples)
        return sum(weights) ** 2 / sum(weight**2 for weight in weights)


def plan(votes: Votes) -> list[Recipe]:
    """The variants that these votes allow, in a fixed order; none while nothing is selected."""
    top = votes.chosen(votes.votes)
    if not top:
        return []
    voted = tuple(index for index, count in enumerate(votes.votes) if count)
    return [
        *(Recipe(rule, rule, top) for rule in SAME_SAMPLES),
        Recipe("votes", "mean", top, tuple(votes.votes[index] for index in top)),
        Recipe("all", "mean", voted, tuple(votes.votes[index] for index in voted)),
        *_by_label(votes),
        *_by_region(votes, top),
        Recipe("pool", "mean", tuple(range(len(votes.votes)))),
        Recipe("consistent", "mean", most_consistent(votes.consistency, len(top))),
    ]


def most_consistent(consistency: Sequence[float], n: int) -> tuple[int, ...]:
    """The n samples with the highest LR consistency, the lowest indexes of equals, ascending."""
    order = np.lexsort((np.arange(len(consistency)), -np.asarray(consistency, dtype=np.float64)))
    return tuple(sorted(int(index) for index in order[:n]))


def _by_label(votes: Votes) -> Iterator[Recipe]:
    for number, (label, given) in enumerate(votes.by_label.items(), start=1):
        if votes.ballots[label] >= LEAST_BALLOTS and (chosen := votes.chosen(given)):
            yield Recipe(f"label-{number}", "mean", chosen, label=label)


def _by_region(votes: Votes, top: tuple[int, ...]) -> Iterator[Recipe]:
    """Where nobody voted, or the tie rule leaves all out, the whole picture's selection stands in."""
    if not votes.marks:
        return
    columns, rows = grid_of(votes.marks, votes.width, votes.height)
    cells = choose(votes.marks, votes.votes, columns, rows, lambda counts: votes.chosen(counts) or top)
    samples = tuple(sorted({index for cell in cells for index in cell}))
    place = {index: number for number, index in enumerate(samples)}
    named = [[place[index] for index in cell] for cell in cells]
    yield Recipe("regions", "regions", samples, parts={"columns": columns, "rows": rows, "cells": named})


def parts_of(recipe: Recipe) -> Parts | None:
    """The recipe's parts as its rule takes them."""
    if not recipe.parts:
        return None
    cells = tuple(tuple(cell) for cell in recipe.parts["cells"])
    return Parts(recipe.parts["columns"], recipe.parts["rows"], cells)
