"""Votes by family: whether people picked one family's candidates more often than another's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studies.aggregation.estimates import Interval
from studies.aggregation.intervals import wilson


@dataclass(frozen=True)
class FamilyVotes:
    """Votes for the candidates of one family, over one pool or several.

    candidates: how many there are;  shown: how often one of them stood before somebody who answered;  votes: picks
    share: of all picks, with Wilson's interval;  expected: the share that picking without preference would give
    rate: votes per candidate shown, with Wilson's interval; families of different numbers compare by it

    Both intervals take each pick as an observation of its own, though those of one person hang together.
    """

    candidates: int
    shown: int
    votes: int
    share: Interval
    expected: float
    rate: Interval


def family_votes(pools: Iterable[tuple[Sequence[str], Sequence[int], int]]) -> dict[str, FamilyVotes]:
    """Votes by family, in the order in which families first occur.

    pools: of each item, the family of each candidate, the votes of each, and the number of ballots. All m candidates
    stand before everybody, so each person's k picks fall on a family of m_f with the expected share m_f / m.
    Without ballots the shares are nan.
    """
    candidates: dict[str, int] = {}
    shown: dict[str, int] = {}
    votes: dict[str, int] = {}
    expected: dict[str, float] = {}
    for families, counts, ballots in pools:
        picks = sum(counts)
        for family, count in zip(families, counts, strict=True):
            candidates[family] = candidates.get(family, 0) + 1
            shown[family] = shown.get(family, 0) + ballots
            votes[family] = votes.get(family, 0) + int(count)
            expected[family] = expected.get(family, 0.0) + picks / len(families)
    every = sum(votes.values())
    return {
        family: FamilyVotes(
            candidates=candidates[family],
            shown=shown[family],
            votes=votes[family],
            share=wilson(votes[family], every),
            expected=expected[family] / every if every else math.nan,
            rate=wilson(votes[family], shown[family]),
        )
        for family in candidates
    }
