"""Tables of an export: columns that explain themselves, rows that stream, CSV as in RFC 4180."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from studies.exports.cells import Value, cell


@dataclass(frozen=True)
class Column:
    """One column as the codebook describes it. `unit` is empty where there is none."""

    name: str
    type: str
    meaning: str
    unit: str = ""


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """The table as UTF-8 CSV, a line at a time, its header first."""
    writer = csv.writer(_Echo())
    yield writer.writerow([column.name for column in columns]).encode()
    for row in rows:
        yield writer.writerow([cell(value) for value in row]).encode()
