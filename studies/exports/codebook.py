"""codebook.csv: every column of every table of the export, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from studies.exports.cells import Value
from studies.exports.tables import Column

FILE = "codebook.csv"

COLUMNS = (
    Column("file", "text", "the table"),
    Column("column", "text", "name of the column, as in the table's first line"),
    Column("type", "text", "text, integer, number, boolean (true or false), time, day or sha256 (64 hex digits)"),
    Column("unit", "text", "unit or format; empty where there is none"),
    Column("meaning", "text", "what the values say"),
)


def rows(tables: Mapping[str, Sequence[Column]]) -> Iterator[tuple[Value, ...]]:
    """tables: the columns of each, by file"""
    for file, columns in tables.items():
        for column in columns:
            yield file, column.name, column.type, column.unit, column.meaning
