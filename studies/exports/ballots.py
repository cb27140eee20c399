"""ballots.csv: the votes in long form, one row per pick, and one row for a ballot without picks.

Votes are first answers to main items; trials.csv has all answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from studies.exports.cells import Value
from studies.exports.pool_numbers import numbered_samples
from studies.exports.tables import Column
from studies.models import Ballot, Participant, Pick, Study

FILE = "ballots.csv"

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("simulated", "boolean", "true for a simulated participant, false for a person"),
    Column("item", "integer", "position of the item in the study, see results.json"),
    Column("item_name", "text", "the researcher's name of the item; participants never saw it"),
    Column("low_res_sha256", "sha256", "of the low-resolution image shown"),
    Column("trial", "integer", "place of the item in this participant's own order, from 1"),
    Column("started_at", "time", "when the trial was first shown", "ISO 8601, UTC"),
    Column("labelled_at", "time", "when the label was given; empty where none was asked for", "ISO 8601, UTC"),
    Column("label", "text", "what the participant saw in the low-resolution image"),
    Column("cast_at", "time", "when the ballot was cast", "ISO 8601, UTC"),
    Column("pick", "integer", "rank of the pick in the ballot, from 1; empty in a ballot without picks"),
    Column("sample", "integer", "index of the picked sample in the item's pool, from 0, see samples.csv"),
    Column("sample_sha256", "sha256", "of the picked sample's PNG file"),
    Column("position", "integer", "where the sample stood in this participant's own order, from 0"),
)

#: Ballots whose picks are read together. A large number would be a large query, a small one many of them.
_TOGETHER = 2000
#: What stands in the row of a ballot without picks: rank, sample, position.
_NONE = ((None, None, None),)


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Rows of the votes, from one query of ballots that streams, and one of their picks for some thousands at a time.

    What many rows share (people, items, samples) is looked up once.
    """
    people = {pk: (code, simulated) for pk, code, simulated in _people(study)}
    items = {item.pk: (item.position, item.name, item.low_res.sha256) for item in study.items.select_related("low_res")}
    samples = numbered_samples(study)
    query = (
        Ballot.objects.votes()
        .filter(trial__participant__study=study)
        .order_by("trial__participant_id", "trial__number")
        .values_list(
            "pk", "trial__participant_id", "trial__item_id", "trial__number", "trial__started_at",
            "trial__labelled_at", "label", "cast_at",
        )
    )  # fmt: skip
    ballots = query.iterator(chunk_size=_TOGETHER)
    while block := list(islice(ballots, _TOGETHER)):
        picks = _picks([row[0] for row in block])
        for pk, person, item, *own in block:
            shared = (*people[person], *items[item], *own)
            for rank, sample, position in picks.get(pk, _NONE):
                number, sha256 = samples[item, sample]
                yield (*shared, rank, number, sha256, position)


def _people(study: Study) -> Iterator[tuple[int, str, bool]]:
    return Participant.objects.filter(study=study).values_list("pk", "code", "simulated").iterator(chunk_size=5000)


def _picks(ballots: list[int]) -> dict[int, list[tuple[int, int, int]]]:
    """Ballot -> (rank, sample, position) of each of its picks, the first pick first."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    query = Pick.objects.filter(ballot__in=ballots).order_by("ballot_id", "rank")
    for ballot, *pick in query.values_list("ballot_id", "rank", "sample_id", "position"):
        found.setdefault(ballot, []).append(tuple(pick))  # type: ignore[arg-type]
    return found
