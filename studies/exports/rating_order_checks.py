"""What people were asked to rate, and in which order, replayed from the seeds and turns of an export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from studies.exports import participants, ratings
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, table
from studies.exports.design import FILE as DESIGN
from studies.services.opinions import rating_order

#: Pictures of one item; a study with more would ask for millions of pairs.
MOST_PICTURES = 1000

#: Item, what was rated, what stood beside it, and whether it was asked once more.
Asked = tuple[int, str, str, int]


def check(bundle: Bundle) -> Iterator[str]:
    """Everybody was asked for what their seed and turn, and the phase's seed, give: this part, in this order."""
    phase = read_json(bundle, DESIGN).get("rating") if DESIGN in bundle.sizes else None
    if not phase:
        return
    if max(Counter(one["item"] for one in phase["stimuli"]).values(), default=0) > MOST_PICTURES:
        yield f"{DESIGN} has more than {MOST_PICTURES} rated pictures of one item: their orders cannot be followed."
        return
    seeds = {row["participant"]: int(row["order_seed"]) for row in table(bundle, participants.FILE)}
    for person, rows in groupby(table(bundle, ratings.FILE), key=itemgetter("participant")):
        found = sorted(rows, key=lambda row: int(row["number"]))
        if person not in seeds:
            yield f"{ratings.FILE} has ratings of {person}, who is not in {participants.FILE}."
        elif _asked(phase, seeds[person], int(found[0]["turn"])) != [_read(row) for row in found]:
            yield f"Participant {person}: what they were asked to rate, or its order, does not follow from their seed."


def _read(row: dict[str, str]) -> Asked:
    return int(row["item"]), row["stimulus"], row["other"], int(row["repeat"])


def _asked(phase: dict[str, Any], seed: int, turn: int) -> list[Asked]:
    """As it was dealt; phases from before there were parts asked everybody for everything."""
    settings, shown = phase["settings"], phase["stimuli"]
    pictures = [rating_order.Picture(one["item"], place, one["kind"]) for place, one in enumerate(shown)]
    tasks = rating_order.tasks(settings["mode"], pictures, hidden_reference=settings["hidden_reference"])
    every = sum(map(len, tasks.values()))
    order = rating_order.order(
        settings["mode"],
        tasks,
        phase_seed=settings["seed"],
        seed=seed,
        turn=turn,
        repeats=settings["repeats"],
        count=max(1, min(settings.get("per_person") or every, every)),
    )
    names: dict[int | None, str] = {None: "", **{place: one["condition"] for place, one in enumerate(shown)}}
    return [(task.item, names[task.stimulus], names[task.other], repeat) for task, repeat in order]
