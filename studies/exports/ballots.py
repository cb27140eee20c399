"""ballots.csv: the votes in long form, one row per pick, and one row for a ballot without picks.

Votes are first answers to main items; trials.csv has all answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from studies.exports.cells import Value
from studies.exports.pool_numbers import pool_numbers
from studies.exports.tables import Column
from studies.models import Ballot, Study

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

_FIELDS = (
    "trial__participant__code",
    "trial__participant__simulated",
    "trial__item__position",
    "trial__item__name",
    "trial__item__low_res__sha256",
    "trial__number",
    "trial__started_at",
    "trial__labelled_at",
    "label",
    "cast_at",
    "picks__rank",
    "picks__sample_id",
    "picks__sample__sha256",
    "picks__position",
)
_ITEM = _FIELDS.index("trial__item__position")
_SAMPLE = _FIELDS.index("picks__sample_id")


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Rows of the votes, from one query that streams."""
    numbers = pool_numbers(study)
    query = (
        Ballot.objects.votes()
        .filter(trial__participant__study=study)
        .order_by("trial__participant_id", "trial__number", "picks__rank")
        .values_list(*_FIELDS)
    )
    for row in query.iterator(chunk_size=5000):
        number = None if row[_SAMPLE] is None else numbers[row[_ITEM], row[_SAMPLE]]
        yield (*row[:_SAMPLE], number, *row[_SAMPLE + 1 :])
