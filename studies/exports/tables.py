"""Tables of an export: columns that explain themselves, rows that stream, CSV as in RFC 4180."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from studies.exports.cells import Value, cell, flag, moments, texts

_BLOCK = 4096  # rows


@dataclass(frozen=True)
class Column:
    """One column as the codebook describes it. `unit` is empty where there is none.

    type: text, integer, number, boolean, time, day or sha256;  public: whether a public export has it, see levels
    """

    name: str
    type: str
    meaning: str
    unit: str = ""
    public: bool = True


@dataclass(frozen=True)
class Grouped:
    """Rows of which some share their first cells, and have whole numbers, numbers and hashes in the others.

    groups: gives the shared cells, and the other cells of each row that has them
    """

    groups: Callable[[], Iterator[tuple[Sequence[Value], Iterable[Sequence[Value]]]]]

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        for shared, others in self.groups():
            for own in others:
                yield (*shared, *own)


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """The table as UTF-8 CSV, its header first, then blocks of whole lines. Shared cells are written once."""
    yield _encoded([[column.name for column in columns]])
    if isinstance(rows, Grouped):
        yield from _grouped(columns, rows)
        return
    convert = _converter(columns)
    left = iter(rows)
    while block := list(islice(left, _BLOCK)):
        yield _encoded(map(convert, block))


def _grouped(columns: Sequence[Column], rows: Grouped) -> Iterator[bytes]:
    writer, convert = csv.writer(_Echo()), _converter(columns)
    lines: list[str] = []
    for shared, others in rows.groups():
        first = str(writer.writerow(convert(shared))).removesuffix("\r\n")  # what _Echo hands back
        for own in others:
            lines.append(f"{first},{','.join(['' if value is None else str(value) for value in own])}\r\n")
        if len(lines) >= _BLOCK:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _encoded(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _converter(columns: Sequence[Column]) -> Callable[[Sequence[Value]], list[Any]]:
    """From a row to what csv writes as `cell` would: whole numbers, numbers, hashes and None it writes so itself."""
    made: dict[str, Callable[[], Callable[[Any], str]]] = {
        "text": texts, "boolean": lambda: flag, "time": moments, "day": lambda: cell,
    }  # fmt: skip
    changing = [(place, made[column.type]()) for place, column in enumerate(columns) if column.type in made]

    def convert(row: Sequence[Value]) -> list[Any]:
        cells: list[Any] = list(row)
        for place, change in changing:
            cells[place] = change(cells[place])
        return cells

    return convert
