"""What people answered and saw, checked: trials agree with votes, places with seeds and turns, exposures with both.

Exports made before there were such tables say nothing of them.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from studies.exports import ballots, events, exposures, participants, questionnaire, trials, viewing_checks
from studies.exports.bundle import Bundle
from studies.exports.cells import cell
from studies.exports.checks import left_out, places, read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.manifest import MANIFEST
from studies.exports.recompute import differences
from studies.services.analysis.exposures import Exposure

#: (participant, item)
Vote = tuple[str, int]


def told(results: dict[str, Any]) -> bool:
    """Whether the export is of the kind that has these tables."""
    return any("observed_ballots" in item for item in results["items"])


def answers(bundle: Bundle) -> Iterator[str]:
    """First answers to main items are the votes of ballots.csv; labels are right where they are the known ones."""
    if not told(read_json(bundle, RESULTS)):
        return
    votes = _votes(bundle)
    for row in table(bundle, trials.FILE):
        where = f"{trials.FILE}, participant {row['participant']}, item {row['item']}, repeat {row['repeat']}"
        right = row["label"] == row["expected_label"] if row["label"] and row["expected_label"] else None
        if row["right"] != cell(right):
            yield f"{where}: whether the label is right does not follow from it."
        if row["kind"] != "main" or row["repeat"] != "0" or not row["cast_at"]:
            continue
        vote = votes.pop((row["participant"], int(row["item"])), None)
        if vote is None:
            yield f"{where}: {ballots.FILE} has no such ballot."
        elif vote != (row["label"], _numbers(row["picks"])):
            yield f"{where}: {ballots.FILE} has another label or other picks."
    for person, number in votes:
        yield f"{trials.FILE} has no answer of participant {person} to item {number}, but {ballots.FILE} has a ballot."


def _votes(bundle: Bundle) -> dict[Vote, tuple[str, list[int]]]:
    """Label and picks of every vote, the first pick first."""
    found: dict[Vote, tuple[str, dict[int, int]]] = {}
    for row in table(bundle, ballots.FILE):
        _, picks = found.setdefault((row["participant"], int(row["item"])), (row["label"], {}))
        if row["sample"]:
            picks[int(row["pick"])] = int(row["sample"])
    return {vote: (label, [picks[rank] for rank in sorted(picks)]) for vote, (label, picks) in found.items()}


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(trials.SEPARATOR)] if text else []


def shown(bundle: Bundle) -> Iterator[str]:
    """Every candidate stood on the page and at the place where the participant's seed and turn put it."""
    results = read_json(bundle, RESULTS)
    if not told(results):
        return
    people = {row["participant"]: row for row in table(bundle, participants.FILE)}
    for (person, number, repeat), rows in _looks(bundle):
        where = f"{exposures.FILE}, participant {person}, item {number}, repeat {repeat}"
        if person not in people:
            yield f"{where}: they are not in {participants.FILE}."
            continue
        own = places(people[person], number, len(rows), results["protocol"], repeat)
        if [(int(row["page"]), int(row["sample"])) for row in rows] != own:
            yield f"{where}: the samples did not stand on these pages in this order."
        if [int(row["position"]) for row in rows] != list(range(len(rows))):
            yield f"{where}: the places are not 0, 1, 2, ..."


def _looks(bundle: Bundle) -> Iterator[tuple[tuple[str, int, int], list[dict[str, str]]]]:
    """(participant, item, repeat) and its rows: one trial at a time, whatever the table's size."""
    for (person, number, repeat), rows in itertools.groupby(
        table(bundle, exposures.FILE), key=itemgetter("participant", "item", "repeat")
    ):
        yield (person, int(number), int(repeat)), list(rows)


def exposed(bundle: Bundle) -> Iterator[str]:
    """Exposures, seconds and rates of samples, counted anew from what was on whose screen."""
    results = read_json(bundle, RESULTS)
    if not told(results):
        return
    without = left_out(results)
    votes = {vote: answer for vote, answer in _votes(bundle).items() if vote[0] not in without}
    found = {item["position"]: Exposure.none(len(item["samples"])) for item in results["items"]}
    for (person, number, repeat), rows in _looks(bundle):
        if repeat or number not in found or (person, number) not in votes:
            continue
        _, picked = votes.pop((person, number))
        found[number].add([int(row["sample"]) for row in rows], [int(row["ms"]) for row in rows], picked)
    for _, number in votes:
        found[number].add([], None, [])
    for item in results["items"]:
        yield from _differences(item, found[item["position"]])


def _differences(item: dict[str, Any], found: Exposure) -> Iterator[str]:
    where, stated = f"Item {item['position']}", item["observed_ballots"]
    if stated != found.observed:
        yield f"{where}: {found.observed} ballots have a record of the screen, {RESULTS} says {stated}."
    for sample, people, milliseconds in zip(item["samples"], found.people, found.milliseconds, strict=True):
        counted = {
            "exposures": int(people),
            "seconds": int(milliseconds) / 1000,
            "rate": sample["votes"] / int(people) if people else None,
        }
        yield from differences(f"{where}, sample {sample['index']}", counted, sample)


def known(bundle: Bundle) -> Iterator[str]:
    """Nobody is in a table who is not in participants.csv; everybody's answers are as many as it says."""
    if not told(read_json(bundle, RESULTS)):
        return
    people = {row["participant"]: int(row["ballots"]) for row in table(bundle, participants.FILE)}
    for name in _tables_of_people(bundle):
        strangers = {row["participant"] for row in table(bundle, name)} - set(people)
        for person in sorted(strangers):
            yield f"{name} has rows of {person}, who is not in {participants.FILE}."
    given = Counter(row["participant"] for row in table(bundle, trials.FILE) if row["cast_at"])
    for person, count in people.items():
        if given[person] != count:
            yield f"Participant {person}: {trials.FILE} has {given[person]} answers, {participants.FILE} says {count}."
    yield from _twice(bundle)


def _tables_of_people(bundle: Bundle) -> list[str]:
    inside = read_json(bundle, MANIFEST)["files"]
    return [name for name in (trials.FILE, events.FILE, viewing_checks.FILE, questionnaire.FILE) if name in inside]


def _twice(bundle: Bundle) -> Iterator[str]:
    """A participant meets an item once, and once more at most as a repetition."""
    seen: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in table(bundle, trials.FILE):
        trial = row["item"], row["repeat"]
        if trial in seen[row["participant"]]:
            yield f"{trials.FILE} has item {row['item']} of participant {row['participant']} twice."
        seen[row["participant"]].add(trial)
