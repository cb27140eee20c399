"""The order of ratings: balanced over people, replayable, no item twice in a row, repeats at the end."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from studies.models import Item, Mode, Stimulus, StimulusKind
from studies.services.opinions.rating_order import Task, order, picture, tasks

KINDS = ["ensemble", "control", "single", "bicubic"]


def stimuli(items: int, kinds: list[str] = KINDS) -> list[Stimulus]:
    return [
        Stimulus(pk=100 * item + number, item=Item(pk=item + 1, position=item), kind=kind)
        for item in range(items)
        for number, kind in enumerate(kinds)
    ]


def orders(
    mode: str, people: int, *, items: int = 3, repeats: int = 0, kinds: list[str] = KINDS, count: int = 1000
) -> list:
    asked = tasks(mode, list(map(picture, stimuli(items, kinds))), hidden_reference=True)
    options = {"phase_seed": 5, "repeats": repeats, "count": count}
    return [order(mode, asked, seed=1000 + turn, turn=turn, **options) for turn in range(people)]


def test_everybody_rates_everything_once() -> None:
    for found in orders(Mode.ACR, 7):
        assert sorted(task.stimulus for task, _ in found) == sorted(one.pk for one in stimuli(3))
        assert {repeat for _, repeat in found} == {0}


def test_the_order_is_the_persons_own_and_can_be_replayed() -> None:
    first, again = orders(Mode.ACR, 6), orders(Mode.ACR, 6)
    assert first == again
    assert len({tuple(task.stimulus for task, _ in found) for found in first}) == 6


def test_stimuli_stand_equally_often_at_every_place_of_their_item() -> None:
    """Williams, 1949: four conditions are balanced over places and over predecessors after four people."""
    places, pairs = Counter(), Counter()
    for found in orders(Mode.ACR, 8):
        for item in range(3):
            own = [task.stimulus for task, _ in found if task.item == item]
            places.update((stimulus, place) for place, stimulus in enumerate(own))
            pairs.update(pairwise(own[:4]))
    assert set(places.values()) == {2}
    # Two blocks of four people, each with every ordered pair once.
    assert set(pairs.values()) == {2}
    assert len(pairs) == 3 * 4 * 3


@pytest.mark.parametrize("repeats", [0, 3])
def test_no_item_comes_twice_in_a_row(repeats: int) -> None:
    for found in orders(Mode.ACR, 12, repeats=repeats):
        assert all(one.item != other.item for (one, _), (other, _) in pairwise(found))


def test_items_with_more_stimuli_are_spread() -> None:
    """One item has five, two have two: 5 of 9, so that the one stands at every other place."""
    rows = stimuli(1, [*KINDS, "reference"]) + [one for one in stimuli(3, ["ensemble", "single"]) if one.item.position]
    asked = tasks(Mode.ACR, list(map(picture, rows)), hidden_reference=True)
    found = order(Mode.ACR, asked, phase_seed=5, seed=1, turn=0, repeats=0, count=9)
    assert [task.item == 0 for task, _ in found] == [True, False] * 4 + [True]


def test_one_item_alone_cannot_be_spread_and_is_asked_all_the_same() -> None:
    (found,) = orders(Mode.ACR, 1, items=1)
    assert len(found) == 4


def test_repeats_come_at_the_end_of_what_was_shown_early() -> None:
    for found in orders(Mode.ACR, 6, repeats=3):
        assert [repeat for _, repeat in found] == [0] * 12 + [1] * 3
        places = {task.stimulus: place for place, (task, repeat) in enumerate(found) if not repeat}
        assert all(places[task.stimulus] < 6 for task, repeat in found if repeat)
        assert len({task.stimulus for task, repeat in found if repeat}) == 3


def test_pairs_are_all_of_an_item_with_left_and_right_equally_often() -> None:
    sides: Counter[tuple[int, int]] = Counter()
    for found in orders(Mode.PAIRWISE, 12, repeats=2):
        assert sum(not repeat for _, repeat in found) == 3 * 6
        sides.update((task.stimulus, task.other) for task, repeat in found if not repeat)
        first = {frozenset((task.stimulus, task.other)): task for task, repeat in found if not repeat}
        for task, repeat in found:
            if repeat:
                assert first[frozenset((task.stimulus, task.other))] == task.swapped()
    assert set(sides.values()) == {6}
    assert len(sides) == 3 * 12


@pytest.mark.parametrize("hidden", [True, False])
def test_dcr_shows_everything_beside_the_truth(hidden: bool) -> None:
    shown = list(map(picture, stimuli(1, [*KINDS, StimulusKind.REFERENCE])))
    asked = tasks(Mode.DCR, shown, hidden_reference=hidden)
    expected = [Task(0, number, 4) for number in range(5 if hidden else 4)]
    assert asked == {0: expected}


@pytest.mark.parametrize("mode", [Mode.ACR, Mode.PAIRWISE])
def test_a_part_has_its_number_of_tasks_and_repeats_from_its_own_first_half(mode: str) -> None:
    for found in orders(mode, 9, count=8, repeats=3):
        assert [repeat for _, repeat in found] == [0] * 8 + [1] * 3
        first = {frozenset((task.stimulus, task.other)): place for place, (task, _) in enumerate(found[:8])}
        assert len(first) == 8
        assert all(first[frozenset((task.stimulus, task.other))] < 4 for task, repeat in found if repeat)
        assert all(one.item != other.item for (one, _), (other, _) in pairwise(found[:8]))


def test_over_people_parts_of_pairs_have_each_pair_equally_often_each_way() -> None:
    """18 pairs, 6 for each person: a round is dealt after three, each pair has stood both ways after six."""
    sides = Counter((task.stimulus, task.other) for found in orders(Mode.PAIRWISE, 24, count=6) for task, _ in found)
    assert set(sides.values()) == {4}  # 24 * 6 / 36
    assert len(sides) == 3 * 12


def test_whoever_could_get_everything_gets_everything() -> None:
    assert orders(Mode.ACR, 5, count=12) == orders(Mode.ACR, 5)
