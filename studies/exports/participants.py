"""participants.csv: who took part, by pseudonym, with the seed that replays the order they saw."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count

from studies.exports.cells import Value
from studies.exports.tables import Column
from studies.models import Participant, Study

FILE = "participants.csv"

COLUMNS = (
    Column("participant", "text", "pseudonym, made at random at enrolment"),
    Column("simulated", "boolean", "true for a simulated participant, false for a person"),
    Column("order_seed", "integer", "seed of the participant's order of items and of candidates"),
    Column("consent_sha256", "sha256", "of the consent text agreed to, UTF-8"),
    Column("consented_at", "time", "when the participant agreed", "ISO 8601, UTC"),
    Column("finished_at", "time", "when the last ballot was cast; empty for those who stopped early", "ISO 8601, UTC"),
    Column("ballots", "integer", "ballots cast", "ballots"),
)


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Participants who have not withdrawn, in the order of enrolment."""
    query = Participant.objects.counted().filter(study=study).annotate(ballots=Count("trials__ballot"))
    fields = ("code", "simulated", "seed", "consent_sha256", "consented_at", "finished_at", "ballots")
    yield from query.order_by("pk").values_list(*fields).iterator(chunk_size=5000)
