"""The first page: which study this is of, in which state, and what must not be overlooked."""

from __future__ import annotations

from collections.abc import Iterator

from studies.reports.blocks import Block, Cover
from studies.reports.sentences import REHEARSAL
from studies.reports.source import Source, day, several
from studies.results import StudyResults


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Cover(
        title=found.name,
        subtitle="Report on a study of human-verified super-resolution",
        facts=tuple(_facts(found)),
        mark=REHEARSAL.format(simulated=found.participants.simulated, all=_enrolled(found))
        if found.has_simulated
        else "",
    )


def _enrolled(found: StudyResults) -> int:
    return found.participants.people + found.participants.simulated


def _facts(found: StudyResults) -> Iterator[tuple[str, str]]:
    yield "State", found.state if found.state == "closed" else f"{found.state}: the numbers are not final"
    yield "Asked", found.protocol.question
    yield "Images", str(len(found.items))
    yield "Ballots counted", str(sum(item.ballots for item in found.items))
    yield "Participants", participants(found)
    yield "Numbers as of", day(_as_of(found))
    yield "Study set up", day(found.created_at)
    yield "Opened", day(found.opened_at)
    yield "Protocol frozen by the first ballot", day(found.frozen_at)
    yield "Closed", day(found.closed_at)
    yield "Protocol (sha256)", found.protocol_sha256
    yield "Analysis", _analysis(found)
    yield "TrustSR", found.code_version


def _as_of(found: StudyResults) -> str:
    """When nothing could change any more: at the end of the voting, or the last look at a study that goes on."""
    rated = any(found.evidence.get(name) for name in ("opinion", "preferences", "naming"))
    return found.closed_at if found.state == "closed" and found.closed_at and not rated else found.collected_at


def participants(found: StudyResults) -> str:
    """“30 people, 28 finished; 5 simulated, 5 finished; 1 withdrawn”."""
    who = found.participants
    told = [f"{'1 person' if who.people == 1 else f'{who.people} people'}, {who.finished} finished"]
    told += [f"{who.simulated} simulated, {who.finished_simulated} finished"] if who.simulated else []
    told += [f"{who.withdrawn} withdrawn"] if who.withdrawn else []
    return "; ".join(told)


def _analysis(found: StudyResults) -> str:
    number = len(found.analysis_versions)
    told = "as locked by the protocol" if number <= 1 else f"version {number}, decided after the first ballot"
    left_out = several(len(found.excluded), "participant")
    return f"{told}; {left_out} left out by its rules"
