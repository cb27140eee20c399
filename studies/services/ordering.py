"""Stored seeds made into orders: of items and of candidates for one participant, and of random subsets.

The algorithm, so that anybody can replay it: the first 16 bytes of sha256("<seed>|<salt>"), read as a big-endian
integer, seed numpy's PCG64; the stable argsort of its first m raw 64-bit outputs is the order. Both the seeding
(SeedSequence) and the raw stream of a bit generator stay the same over numpy versions (NEP 19), which numpy does
not promise of `Generator.permutation` and `choice`, nor Python of `random.shuffle`.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inference.models import Sample
from studies.models import Item, Trial

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
    """Sample ids of the trial's pool in this participant's order. One query."""
    return [pk for (pk,) in _in_order(trial, list(trial.item.pool.values_list("pk")))]


def candidates(trial: Trial) -> list[Sample]:
    """The samples of the trial's pool in this participant's order. One query."""
    return _in_order(trial, list(trial.item.pool))


def item_order(seed: int, items: list[Item]) -> list[Item]:
    """A study's items in the order of the participant with this seed."""
    return [items[index] for index in permutation(seed, "items", len(items))]


def candidate_salt(item_position: int) -> str:
    """What is mixed into a participant's seed for the candidates of one item."""
    return f"candidates of item {item_position}"


def _in_order(trial: Trial, pool: list[T]) -> list[T]:
    salt = candidate_salt(trial.item.position)
    return [pool[index] for index in permutation(trial.participant.seed, salt, len(pool))]


def _stream(seed: int, salt: str) -> np.random.PCG64:
    return np.random.PCG64(_digest(seed, salt))


def _digest(seed: int, salt: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|{salt}".encode()).digest()[:16], "big")
