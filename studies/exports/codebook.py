"""codebook.csv: every column of every table of the export, in words."""

from __future__ import annotations

from collections.abc import Iterator

from studies.exports import (
    ballots,
    consent,
    events,
    exposures,
    families,
    participants,
    questionnaire,
    samples,
    trials,
    variants,
    viewing_checks,
)
from studies.exports.cells import Value
from studies.exports.tables import Column

FILE = "codebook.csv"

COLUMNS = (
    Column("file", "text", "the table"),
    Column("column", "text", "name of the column, as in the table's first line"),
    Column("type", "text", "text, integer, number, boolean (true or false), time or sha256 (64 hex digits)"),
    Column("unit", "text", "unit or format; empty where there is none"),
    Column("meaning", "text", "what the values say"),
)

TABLES = {
    ballots.FILE: ballots.COLUMNS,
    participants.FILE: participants.COLUMNS,
    trials.FILE: trials.COLUMNS,
    exposures.FILE: exposures.COLUMNS,
    events.FILE: events.COLUMNS,
    viewing_checks.FILE: viewing_checks.COLUMNS,
    questionnaire.FILE: questionnaire.COLUMNS,
    consent.FILE: consent.COLUMNS,
    samples.FILE: samples.COLUMNS,
    families.FILE: families.COLUMNS,
    variants.FILE: variants.COLUMNS,
    FILE: COLUMNS,
}


def rows() -> Iterator[tuple[Value, ...]]:
    for file, columns in TABLES.items():
        for column in columns:
            yield file, column.name, column.type, column.unit, column.meaning
