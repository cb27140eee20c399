"""ballots.csv: the votes in long form, one row per pick, and one row for a ballot without picks.

Votes are first answers to main items; trials.csv has all answers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from operator import itemgetter

from studies.exports.cells import Value
from studies.exports.pool_numbers import numbered_samples
from studies.exports.tables import Column, Grouped
from studies.models import Ballot, Participant, Pick, Study
from studies.models.ballot import are_votes

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
    Column("position", "integer", "where the sample stood in this participant's own order, from 0", public=False),
)

#: Rows that are fetched together.
_CHUNK = 5000
#: What stands in the row of a ballot without picks: rank, sample, sha256, position.
_NONE = ((None, None, None, None),)
#: What comes after the picks.
_LAST: tuple[int | None, Iterable[tuple[int, int, int, int]]] = (None, ())
_OWN = ("trial__participant_id", "trial__item_id", "trial__number", "trial__started_at", "trial__labelled_at")

Shared = tuple[Value, ...]
Own = tuple[int | None, int | None, str | None, int | None]


def rows(study: Study) -> Grouped:
    """Rows of the votes, participant by participant."""
    return Grouped(lambda: _ballots(study))


def _ballots(study: Study) -> Iterator[tuple[Shared, Iterable[Own]]]:
    """Each vote with its picks, from two queries that stream side by side, in the same order.

    What many votes share (people, items, samples) is looked up once, not joined to every row.
    """
    people = {pk: (code, simulated) for pk, code, simulated in _people(study)}
    items = {item.pk: (item.position, item.name, item.low_res.sha256) for item in study.items.select_related("low_res")}
    samples = numbered_samples(study)
    picks = itertools.groupby(_picks(study), key=itemgetter(0))
    next_ballot, picked = next(picks, _LAST)
    votes = Ballot.objects.votes().filter(trial__participant__study=study)
    query = votes.order_by("trial__participant_id", "trial__number").values_list("pk", *_OWN, "label", "cast_at")
    for pk, person, item, *own in query.iterator(chunk_size=_CHUNK):
        others: Iterable[Own] = _NONE
        if pk == next_ballot:
            others = [(rank, *samples[item, sample], place) for _, rank, sample, place in picked]
            next_ballot, picked = next(picks, _LAST)
        yield (*people[person], *items[item], *own), others


def _people(study: Study) -> Iterator[tuple[int, str, bool]]:
    rows = Participant.objects.counted().filter(study=study).order_by("pk")
    return rows.values_list("pk", "code", "simulated").iterator(chunk_size=_CHUNK)


def _picks(study: Study) -> Iterator[tuple[int, int, int, int]]:
    """Ballot, rank, sample and position of every pick, in the order of the votes."""
    query = Pick.objects.filter(are_votes("ballot__"), ballot__trial__participant__study=study)
    ordered = query.order_by("ballot__trial__participant_id", "ballot__trial__number", "rank")
    return ordered.values_list("ballot_id", "rank", "sample_id", "position").iterator(chunk_size=_CHUNK)
