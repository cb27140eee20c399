"""Which ratings one person is asked for, and in which order: balanced over people, seeded, replayable.

Where all are too many for one person, everybody gets a part of their own (`rating_parts`), in an order of their own.
Else everybody gets all:
Within an item the tasks come in a row of a Williams design, taken in turns (`paging`), so that over as many people as
the design has rows every stimulus stands equally often at every place and just before every other one. The items are
interleaved: each time the one with most tasks left, but never the one just shown while another is left; which of
equals comes first is the person's own order. Of a pair, left and right change with the turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from studies.models import Mode, Stimulus, StimulusKind
from studies.models.rating import ALONE
from studies.services.opinions.rating_parts import part
from studies.services.ordering import permutation
from studies.services.trials import paging


@dataclass(frozen=True)
class Task:
    """One rating to be asked. stimulus, other: their ids, of a pair left and right; item: its position."""

    item: int
    stimulus: int
    other: int | None = None

    def swapped(self) -> Task:
        assert self.other is not None
        return replace(self, stimulus=self.other, other=self.stimulus)


@dataclass(frozen=True)
class Picture:
    """A stimulus. key: its id; item: its position"""

    item: int
    key: int
    kind: str


def picture(stimulus: Stimulus) -> Picture:
    return Picture(stimulus.item.position, stimulus.pk, stimulus.kind)


def tasks(mode: str, stimuli: Sequence[Picture], *, hidden_reference: bool) -> dict[int, list[Task]]:
    """All tasks of a phase by the position of their item, in the order of the stimuli.

    ACR and naming: every stimulus; DCR: every stimulus beside the truth, which is rated itself where it is hidden
    among the others; pairs: every two stimuli of an item.
    """
    items: dict[int, list[Picture]] = {}
    for one in stimuli:
        items.setdefault(one.item, []).append(one)
    return {position: _of_item(mode, position, found, hidden_reference) for position, found in items.items()}


def _of_item(mode: str, position: int, stimuli: list[Picture], hidden_reference: bool) -> list[Task]:
    if mode in ALONE:
        return [Task(position, one.key) for one in stimuli]
    if mode == Mode.PAIRWISE:
        pairs = ((one, other) for place, one in enumerate(stimuli) for other in stimuli[place + 1 :])
        return [Task(position, one.key, other.key) for one, other in pairs]
    truth = next((one.key for one in stimuli if one.kind == StimulusKind.REFERENCE), None)
    shown = stimuli if truth is not None else []
    return [Task(position, one.key, truth) for one in shown if hidden_reference or one.key != truth]


def order(
    mode: str, all_tasks: dict[int, list[Task]], *, phase_seed: int, seed: int, turn: int, repeats: int, count: int
) -> list[tuple[Task, int]]:
    """Tasks with 0, or 1 for a repetition, in the order of the person with this seed and turn.

    count: how many of the tasks one person is asked for, at most all
    Repetitions come at the end, of tasks from the first half, pairs the other way round.
    """
    if count < sum(map(len, all_tasks.values())):
        rows = _part(mode, all_tasks, phase_seed, seed, turn, count)
    else:
        rows = {position: _row(mode, found, phase_seed, turn) for position, found in all_tasks.items()}
    first = _interleaved(rows, seed, "items to rate")
    again: dict[int, list[Task]] = {}
    for task in _to_repeat(first[: len(first) // 2], seed)[:repeats]:
        again.setdefault(task.item, []).append(task.swapped() if mode == Mode.PAIRWISE else task)
    last = first[-1].item if first else None
    return [*((task, 0) for task in first), *((task, 1) for task in _interleaved(again, seed, "again", last))]


def _to_repeat(early: list[Task], seed: int) -> list[Task]:
    """Shuffled, one of each item before a second one of any."""
    shuffled = [early[index] for index in permutation(seed, "ratings to repeat", len(early))]
    before: Counter[int] = Counter()
    ranked = []
    for task in shuffled:
        ranked.append((before[task.item], task))
        before[task.item] += 1
    return [task for _, task in sorted(ranked, key=itemgetter(0))]


def _part(
    mode: str, all_tasks: dict[int, list[Task]], phase_seed: int, seed: int, turn: int, count: int
) -> dict[int, list[Task]]:
    """The person's part of each item. Of a pair, left and right change each time it is dealt."""
    sizes = {position: len(found) for position, found in all_tasks.items()}
    dealt: dict[int, list[Task]] = {}
    for one in part(sizes, phase_seed=phase_seed, turn=turn, count=count):
        task = all_tasks[one.item][one.index]
        turned = mode == Mode.PAIRWISE and (one.round + one.index) % 2
        dealt.setdefault(one.item, []).append(task.swapped() if turned else task)
    return {
        position: [found[place] for place in permutation(seed, f"part of item {position}", len(found))]
        for position, found in dealt.items()
    }


def _row(mode: str, found: list[Task], phase_seed: int, turn: int) -> list[Task]:
    """The tasks of one item in their order; dealt anew for every block of people."""
    if not found:
        return []
    rows = paging.williams(len(found))
    block, row = divmod(turn, len(rows))
    deal = permutation(phase_seed, f"tasks of item {found[0].item}, block {block}", len(found))
    if mode == Mode.PAIRWISE:
        found = [task.swapped() if (turn + place) % 2 else task for place, task in enumerate(found)]
    return [found[deal[group]] for group in rows[row]]


def _interleaved(rows: dict[int, list[Task]], seed: int, salt: str, last: int | None = None) -> list[Task]:
    """Every item's tasks in their order, no item twice in a row while that can be avoided."""
    left = {item: list(tasks) for item, tasks in sorted(rows.items()) if tasks}
    found: list[Task] = []
    while left:
        others = [item for item in left if item != last] or list(left)
        most = max(len(left[item]) for item in others)
        own = permutation(seed, f"{salt}, {most} left", max(rows) + 1)
        last = min((item for item in others if len(left[item]) == most), key=own.index)
        found.append(left[last].pop(0))
        if not left[last]:
            del left[last]
    return found
