"""raters.csv: who rated, and when they began and were done."""

from __future__ import annotations

from collections.abc import Iterator

from studies.exports.cells import Value
from studies.exports.tables import Column
from studies.models import Rater, Study

FILE = "raters.csv"

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("turn", "integer", "0, 1, ... by coming in to rate: which row of the balanced design was theirs"),
    Column("began_at", "time", "when the instructions to rate had been read", "ISO 8601, UTC"),
    Column("finished_at", "time", "when all ratings were given; empty for those who stopped early", "ISO 8601, UTC"),
)


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Raters who have not withdrawn, in the order in which they came in."""
    query = Rater.objects.filter(phase__study=study, participant__withdrawn_at=None).order_by("turn")
    fields = ("participant__code", "turn", "began_at", "finished_at")
    yield from query.values_list(*fields).iterator(chunk_size=5000)
