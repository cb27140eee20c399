"""Which part of all tasks one person is asked for, where all are too many: an incomplete design, balanced over people.

All tasks are dealt in one endless row, round after round; each round has every task once, in a seeded order of its own.
The person of turn t gets the places t * count to (t + 1) * count - 1. So at any time two tasks have been dealt equally
often, or one of them once more; and as soon as a round is dealt, every two stimuli of an item have been compared.

Within a round the items take turns, in proportion to their tasks, and from item to item the pair of conditions moves on
by one, as in a cyclic Latin square. So a part is spread over items and conditions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, lcm

from studies.services.ordering import permutation

#: (item, index among the tasks of the item)
Tasks = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Dealt:
    """One task of a part. index: among the tasks of its item;  round: how often it was dealt before"""

    item: int
    index: int
    round: int


def part(sizes: Mapping[int, int], *, phase_seed: int, turn: int, count: int) -> list[Dealt]:
    """The tasks of one person, each once, in the order of the row.

    sizes: item -> how many tasks it has;  count: from 1 to all of them
    """
    known = tuple(sorted((item, size) for item, size in sizes.items() if size))
    total = sum(sizes.values())
    start, end = turn * count, (turn + 1) * count
    found: list[Dealt] = []
    order: Tasks = ()
    # A round that somebody's part begins with does not look back: the first such before this part is early enough.
    period = count // gcd(total, count)
    for number in range(start // total // period * period, (end - 1) // total + 1):
        order = _after(order, _round(known, phase_seed, number), count, number * total % count)
        places = range(max(start - number * total, 0), min(end - number * total, total))
        found += [Dealt(*order[place], number) for place in places]
    return found


def _after(before: Tasks, order: Tasks, count: int, begun: int) -> Tasks:
    """A round whose beginning repeats nothing of what the person who has begun in the round before got there.

    begun: how many tasks that person got there
    """
    theirs = set(before[len(before) - begun :])
    if not theirs:
        return order
    head = [task for task in order if task not in theirs][: count - begun]
    first = set(head)
    return (*head, *(task for task in order if task not in first))


@lru_cache(maxsize=64)
def _round(sizes: Tasks, phase_seed: int, number: int) -> Tasks:
    """Every task: item after item, each as often as it has tasks. sizes: (item, how many tasks it has), by item"""
    ranks, unit = permutation(phase_seed, f"items dealt in round {number}", len(sizes)), lcm(*(n for _, n in sizes))
    keyed = [
        ((2 * (step * len(sizes) + rank) + 1) * (unit // size), item, index)
        for (item, size), rank in zip(sizes, ranks, strict=True)
        for step, index in enumerate(_tasks(size, rank, len(sizes), phase_seed, number))
    ]
    return tuple((item, index) for _, item, index in sorted(keyed))


def _tasks(size: int, rank: int, items: int, phase_seed: int, number: int) -> list[int]:
    """The tasks of the item of this rank, in their order: as the items take turns, all go through one common order.

    Where the number of items shares a divisor with that of tasks, each further lap begins one later.
    """
    common = permutation(phase_seed, f"{size} tasks dealt in round {number}", size)
    lap = size // gcd(size, items)
    return [common[(step * items + rank + step // lap) % size] for step in range(size)]
