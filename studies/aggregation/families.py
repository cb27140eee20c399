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

    candidates: how many there are;  shown: how often one of them was on screen before who answered;  votes: picks
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


def family_votes(pools: Iterable[tuple[Sequence[str], Sequence[int], Sequence[int]]]) -> dict[str, FamilyVotes]:
    """Votes by family, in the order in which families first occur.

    pools: of each item, the family of each candidate, the votes of each, and how many of those who answered had it on
    screen. Picks without preference fall on a family by its part of all that was on screen: m_f / m where everybody
    saw all m candidates. Without ballots the shares are nan.
    """
    candidates: dict[str, int] = {}
    shown: dict[str, int] = {}
    votes: dict[str, int] = {}
    expected: dict[str, float] = {}
    for families, counts, exposures in pools:
        picks, all_shown = sum(counts), sum(exposures)
        for family, count, exposed in zip(families, counts, exposures, strict=True):
            candidates[family] = candidates.get(family, 0) + 1
            shown[family] = shown.get(family, 0) + int(exposed)
            votes[family] = votes.get(family, 0) + int(count)
            expected[family] = expected.get(family, 0.0) + (picks * exposed / all_shown if all_shown else 0.0)
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
