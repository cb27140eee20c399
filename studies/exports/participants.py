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
    Column("order_seed", "integer", "seed of the participant's order of items and of candidates", public=False),
    Column(
        "turn",
        "integer",
        "0, 1, ... by enrolment: which group of candidates stood on which page; may be empty",
        public=False,
    ),
    Column("language", "text", "in which the study was taken", public=False),
    Column(
        "source",
        "text",
        "door: link, personal, prolific or mturk; who they are elsewhere is in no export",
        public=False,
    ),
    Column("consent_sha256", "sha256", "of the consent text agreed to, UTF-8, see consent_versions.csv", public=False),
    Column("rates_only", "boolean", "true for who came in for the rating phase, and does not vote"),
    Column("consented_at", "time", "when the participant agreed", "ISO 8601, UTC"),
    Column("checked_at", "time", "when the viewing check was left behind; empty without one", "ISO 8601, UTC"),
    Column("introduced_at", "time", "when the introduction had been read; empty without one", "ISO 8601, UTC"),
    Column("failed_at", "time", "when the viewing check was failed for good; else empty", "ISO 8601, UTC"),
    Column("finished_at", "time", "when all was answered; empty for those who stopped early", "ISO 8601, UTC"),
    Column("ballots", "integer", "answers sent, to items of any kind and to repetitions", "ballots"),
)


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Participants who have not withdrawn, in the order of enrolment."""
    query = Participant.objects.counted().filter(study=study).annotate(ballots=Count("trials__ballot"))
    fields = (
        "code", "simulated", "seed", "turn", "language", "source", "consent_sha256", "rates_only", "consented_at",
        "checked_at", "introduced_at", "failed_at", "finished_at", "ballots",
    )  # fmt: skip
    yield from query.order_by("pk").values_list(*fields).iterator(chunk_size=5000)
