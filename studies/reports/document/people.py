"""Who took part, who is left out and why, and what comes out with everybody."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from studies.reports.blocks import Block, Facts, Grid, Heading, Points, Text
from studies.reports.otherwise import otherwise
from studies.reports.source import Source, listed, several
from studies.reports.tables import Table
from studies.results import Alternative, ItemResults, StudyResults
from studies.services.analysis.analysis_words import RULES


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Participants", 1, "participants")
    yield Facts(tuple(_numbers(found)))
    yield Heading("Who is left out", 2, "screening")
    if not found.excluded:
        yield Text("Nobody is left out by the rules of the analysis plan.")
    else:
        told = several(len(found.excluded), "participant")
        yield Text(f"{told} left out with all their votes and ratings, {_since(found)}.")
        yield Grid(_excluded(found))
    yield from _with_and_without(found)


def _since(found: StudyResults) -> str:
    """When the rules were decided that leave anybody out: before the first ballot, or by which version after it."""
    failed = sorted({rule for one in found.excluded for rule in one.rules})
    versions = found.analysis_versions
    later = {
        rule: version.number
        for before, version in itertools.pairwise(versions)
        for rule in failed
        if before.analysis.get(rule) != version.analysis.get(rule)
    }
    if not later:
        return "by rules that were fixed before the first ballot"
    changed = listed([f"{RULES[rule]} (version {number})" for rule, number in later.items()])
    return f"by rules of which these were decided or changed after the first ballot: {changed}"


def _numbers(found: StudyResults) -> Iterator[tuple[str, str]]:
    who = found.participants
    yield "People", f"{who.people}, of whom {who.finished} have finished"
    yield "Simulated", f"{who.simulated}, of whom {who.finished_simulated} have finished" if who.simulated else "none"
    yield "Withdrawn", f"{who.withdrawn}: in no other number, and no ballot of theirs counts" if who.withdrawn else "0"
    yield "Left out by rules", str(len(found.excluded))
    yield "Wanted", str(found.protocol.target_participants)


def _excluded(found: StudyResults) -> Table:
    rows = tuple(
        (one.participant, "simulated" if one.simulated else "person", listed([RULES[rule] for rule in one.rules]))
        for one in found.excluded
    )
    return Table("Participants left out", ("Pseudonym", "Kind", "Fails"), rows)


def _with_and_without(found: StudyResults) -> Iterator[Block]:
    every = [(item, other) for item in found.items for other in item.alternatives]
    if not every:
        return
    yield Heading("Read otherwise", 2, "otherwise")
    yield Text("What the same ballots give without exclusions, or under the analysis that the protocol locked.")
    changed = [f"{item.name}. {otherwise(item, other)}" for item, other in every if not _same(item, other)]
    if len(changed) < len(every):
        same = f"The same majority and the same samples in {len(every) - len(changed)} of {len(every)} readings."
        yield Text(same if changed else f"{same} Nothing depends on it.")
    if changed:
        yield Points(tuple(changed))


def _same(item: ItemResults, other: Alternative) -> bool:
    return other.majority == item.majority and set(other.selection.chosen) == set(item.selection.chosen)
