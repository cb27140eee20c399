"""Parts of all tasks: everybody's own, balanced over people at any time, spread over items and conditions."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from studies.services.opinions.rating_parts import Dealt, part

#: Tasks by item: alike, of one item, of different sizes, with an item that has none.
DESIGNS = ({0: 10, 1: 10, 2: 10}, {0: 15}, {0: 10, 1: 3, 2: 6, 5: 1}, {0: 6, 1: 0, 2: 6, 3: 6})
PAIRS = list(combinations(range(5), 2))  # of five conditions: ten of them, as the first design has tasks for an item


def people(sizes: dict[int, int], count: int, number: int, seed: int = 7) -> list[list[Dealt]]:
    return [part(sizes, phase_seed=seed, turn=turn, count=count) for turn in range(number)]


def key(dealt: Dealt) -> tuple[int, int]:
    return dealt.item, dealt.index


@pytest.mark.parametrize("sizes", DESIGNS)
@pytest.mark.parametrize("count", [1, 4, 7, 11, 13])
def test_nobody_gets_a_task_twice_and_all_come_equally_often_at_any_time(sizes: dict[int, int], count: int) -> None:
    total = sum(sizes.values())
    counted = Counter({(item, index): 0 for item, size in sizes.items() for index in range(size)})
    for own in people(sizes, count, 60):
        assert len({key(dealt) for dealt in own}) == count
        counted.update(key(dealt) for dealt in own)
        assert max(counted.values()) - min(counted.values()) <= 1
    assert len(counted) == total


def test_a_task_comes_once_in_each_round() -> None:
    """So that pairs, which are turned round by round, stand equally often each way."""
    rounds: dict[tuple[int, int], list[int]] = {}
    for own in people(DESIGNS[0], 7, 90):
        for dealt in own:
            rounds.setdefault(key(dealt), []).append(dealt.round)
    assert all(found == list(range(21)) for found in rounds.values())  # 90 * 7 / 30


def test_a_part_is_spread_over_items() -> None:
    for own in people(DESIGNS[0], 9, 60):
        counts = Counter(dealt.item for dealt in own)
        assert max(counts.values()) - min(counts[item] for item in DESIGNS[0]) <= 2


def test_a_part_is_spread_over_conditions() -> None:
    """Nine of the ten pairs of conditions are different ones, but for a person at the turn of a round."""
    distinct = [len({dealt.index for dealt in own}) for own in people(DESIGNS[0], 9, 60)]
    assert sum(number >= 8 for number in distinct) > 45, distinct


@pytest.mark.parametrize("count", [2, 5, 9])
def test_conditions_hang_together_once_a_round_is_dealt(count: int) -> None:
    compared = np.zeros((5, 5))
    for own in people(DESIGNS[0], count, -(-30 // count)):
        for dealt in own:
            compared[PAIRS[dealt.index]] += 1
    assert connected_components(compared, directed=False, return_labels=False) == 1
    assert (compared[np.triu_indices(5, 1)] >= 3).all()  # each pair in each of the three items


def test_it_follows_from_the_seed_and_the_turn() -> None:
    assert people(DESIGNS[0], 7, 12) == people(DESIGNS[0], 7, 12)
    assert people(DESIGNS[0], 7, 12) != people(DESIGNS[0], 7, 12, seed=8)
