"""Which samples voters had on screen, and for how long: what votes are to be compared with.

A sample was seen by who had it on screen for SEEN_MS or longer in all, and by who picked it. Where no page told what
was on screen (simulated participants, ballots from before pages did), the whole pool counts as seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies.models import Ballot, Item, Study
from studies.services.ordering import pages

#: Milliseconds. About as long as the eyes rest on one place when they look over a picture.
SEEN_MS = 250


@dataclass
class Exposure:
    """Of one item, over the ballots that are votes. Grows as ballots are added.

    people: int64 (m,), voters who saw each sample;  milliseconds: int64 (m,), on screen, over all observed voters
    observed: voters whose page told what was on screen
    """

    people: NDArray[np.int64]
    milliseconds: NDArray[np.int64]
    observed: int = 0

    @classmethod
    def none(cls, m: int) -> Exposure:
        return cls(np.zeros(m, np.int64), np.zeros(m, np.int64))

    @classmethod
    def unknown(cls, m: int, ballots: int) -> Exposure:
        """As if no page had told what was on screen."""
        return cls(np.full(m, ballots, np.int64), np.zeros(m, np.int64))

    @classmethod
    def stored(cls, figures: Mapping[str, Any]) -> Exposure:
        """As the evidence of an item has it."""
        people, milliseconds = figures["exposures"], figures["milliseconds"]
        return cls(np.array(people, np.int64), np.array(milliseconds, np.int64), figures["observed"])

    def add(self, shown: Sequence[int], exposure_ms: Sequence[int] | None, picked: Iterable[int]) -> None:
        """One voter. shown: pool indexes in the order of the voter's places; exposure_ms: by place."""
        if not is_observed(exposure_ms, len(self.people)):
            self.people += 1
            return
        order, on_screen = np.asarray(shown), np.asarray(exposure_ms, np.int64)
        seen = np.zeros(len(self.people), bool)
        seen[order] = on_screen >= SEEN_MS
        seen[list(picked)] = True
        self.people += seen
        self.milliseconds[order] += on_screen
        self.observed += 1


def is_observed(exposure_ms: Sequence[int] | None, m: int) -> bool:
    """Whether a page told how long each of m candidates was on screen."""
    return bool(exposure_ms) and len(exposure_ms or ()) == m


def exposures(
    study: Study, items: Iterable[Item], picks: Mapping[int, Mapping[int, Collection[int]]], sizes: Mapping[int, int]
) -> dict[int, Exposure]:
    """By item id, for any number of items, in one query that streams.

    picks: item id -> ballot id -> indexes picked, of the votes that count, see `tallies.picked`
    sizes: item id -> samples in the pool
    """
    positions = {item.pk: item.position for item in items}
    found = {pk: Exposure.none(sizes[pk]) for pk in positions}
    rows = (
        Ballot.objects.votes()
        .filter(trial__item__in=positions)
        .values_list(
            "pk", "trial__item", "trial__participant__seed", "trial__participant__turn",
            "trial__observation__exposure_ms",
        )
    )  # fmt: skip
    for ballot, item, seed, turn, exposure_ms in rows.iterator(chunk_size=500):
        if ballot not in picks[item]:
            continue
        m = sizes[item]
        shown: list[int] = []
        if is_observed(exposure_ms, m):
            layout = pages(
                m,
                page_size=study.page_size,
                study_seed=study.seed,
                seed=seed,
                turn=turn,
                position=positions[item],
            )
            shown = [index for page in layout for index in page]
        found[item].add(shown, exposure_ms, picks[item][ballot])
    return found
