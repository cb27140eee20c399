"""Stored seeds made into orders: of items and of candidates for one participant, and of random subsets.

The algorithm, so that anybody can replay it: the first 16 bytes of sha256("<seed>|<salt>"), read as a big-endian
integer, seed numpy's PCG64; the stable argsort of its first m raw 64-bit outputs is the order. Both the seeding
(SeedSequence) and the raw stream of a bit generator stay the same over numpy versions (NEP 19), which numpy does
not promise of `Generator.permutation` and `choice`, nor Python of `random.shuffle`.

Candidates come in pages (`paging`). The study's seed deals the samples of an item into groups, anew for every block
of turns; the participant's turn says which group stands on which page; the participant's seed orders each page.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inference.models import Sample
from studies.models import Item, Kind, Trial
from studies.services.trials import paging

T = TypeVar("T")


def permutation(seed: int, salt: str, m: int) -> list[int]:
    """The numbers 0 .. m - 1 in the order that belongs to this seed and salt."""
    return subsets(seed, salt, 1, m, m)[0].tolist()


def subsets(seed: int, salt: str, draws: int, m: int, n: int) -> NDArray[np.int64]:
    """`draws` random n-subsets of 0 .. m - 1, as (draws, n); each is the beginning of its own order of all m."""
    raw = _stream(seed, salt).random_raw(draws * m).reshape(draws, m)
    return np.argsort(raw, axis=1, kind="stable")[:, :n]


def derived_seed(seed: int, salt: str) -> int:
    """Another seed below 2**63, for a purpose of its own."""
    return _digest(seed, salt) >> 65


def candidate_ids(trial: Trial) -> list[int]:
    """Sample ids of the trial's pool in this participant's order, page after page. One query."""
    ids = list(trial.item.pool.values_list("pk", flat=True))
    return [ids[index] for page in _pages(trial, len(ids)) for index in page]


def candidate_pages(trial: Trial) -> list[list[Sample]]:
    """The samples of the trial's pool in this participant's order, by page. One query."""
    pool = list(trial.item.pool)
    return [[pool[index] for index in page] for page in _pages(trial, len(pool))]


def trial_order(seed: int, items: Sequence[Item], repeats: int = 0) -> list[tuple[Item, int]]:
    """Items of a study with 0, or 1 for a repetition, in the order of the participant with this seed.

    Practice first, as the study has it; main items and attention checks shuffled; then `repeats` main items again.
    """
    practice = [item for item in items if item.kind == Kind.PRACTICE]
    others = [item for item in items if item.kind != Kind.PRACTICE]
    shuffled = [others[index] for index in permutation(seed, "items", len(others))]
    main = [item for item in items if item.kind == Kind.MAIN]
    again = [main[index] for index in permutation(seed, "repeats", len(main))[:repeats]]
    return [*((item, 0) for item in (*practice, *shuffled)), *((item, 1) for item in again)]


def candidate_salt(item_position: int, repeat: int = 0) -> str:
    """What is mixed into a participant's seed for the candidates of one item."""
    return f"candidates of item {item_position}{', again' * repeat}"


def pages(
    m: int, *, page_size: int, study_seed: int, seed: int, turn: int | None, position: int, repeat: int = 0
) -> list[list[int]]:
    """The numbers 0 .. m - 1 of the item at `position` in the order of one participant, by page.

    seed, turn: the participant's. Those without a turn, who enrolled before there were pages, see one order of all m,
    cut into pages.
    """
    count, salt = paging.page_count(m, page_size), candidate_salt(position, repeat)
    sizes = paging.page_sizes(m, count)
    if turn is None:
        return _cut(permutation(seed, salt, m), sizes)
    rows = paging.williams(count)
    block, row = divmod(turn + repeat, len(rows))
    groups = _cut(permutation(study_seed, f"groups of item {position}, block {block}", m), sizes)
    return [
        [groups[group][index] for index in permutation(seed, f"{salt}, page {page}", len(groups[group]))]
        for page, group in enumerate(rows[row])
    ]


def _pages(trial: Trial, m: int) -> list[list[int]]:
    participant, study = trial.participant, trial.participant.study
    return pages(
        m,
        page_size=study.page_size,
        study_seed=study.seed,
        seed=participant.seed,
        turn=participant.turn,
        position=trial.item.position,
        repeat=trial.repeat,
    )


def _cut(order: list[T], sizes: list[int]) -> list[list[T]]:
    ends = list(itertools.accumulate(sizes))
    return [order[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _stream(seed: int, salt: str) -> np.random.PCG64:
    return np.random.PCG64(_digest(seed, salt))


def _digest(seed: int, salt: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|{salt}".encode()).digest()[:16], "big")
