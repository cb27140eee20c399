"""Two levels of an export: internal, with all that is stored, and public, by which nobody can be recognised.

Public is: numbers in place of pseudonyms, days in place of times, no free text, door, language or screen of anybody,
no truth unless asked for, and no page or place of a candidate: with the study's seed, which everybody may know, these
would give away a participant's turn, which is the order in which people came.

Numbers follow the order of the hashes of the secrets that stood in participants' browsers. They are stored, random,
in no export, and have nothing to do with the order of enrolment; so have the rows of public tables.
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from studies.exports import events, exposures, questionnaire, raters, ratings, stimuli, trials, viewing_checks
from studies.exports.cells import Value
from studies.exports.manifest import INTERNAL, PUBLIC
from studies.exports.tables import Column, csv_lines
from studies.models import Participant, Study

LEVELS = (INTERNAL, PUBLIC)

PERSON = "participant"
#: Tables of what was on whose screen, and of the order of raters, are in no public export. Candidates that were
#: visible for the same time stood on the same page.
LEFT_OUT = frozenset({events.FILE, exposures.FILE, raters.FILE, viewing_checks.FILE})
#: A time as results.json has it.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")

Row = Sequence[Value]


def columns(all_columns: Sequence[Column], level: str) -> tuple[Column, ...]:
    """The columns that a table has at this level, as the codebook describes them."""
    if level == INTERNAL:
        return tuple(all_columns)
    return tuple(_public(column) for column in all_columns if column.public)


def _public(column: Column) -> Column:
    if column.name == PERSON:
        return replace(column, type="integer", meaning="number of the participant, from 1, in an order drawn at random")
    if column.type == "time":
        return replace(column, type="day", unit="ISO 8601, UTC")
    return column


def numbers(study: Study) -> dict[str, int]:
    """Pseudonym -> number, of participants who have not withdrawn."""
    codes = Participant.objects.counted().filter(study=study).order_by("token_sha256").values_list("code", flat=True)
    return {code: number for number, code in enumerate(codes.iterator(chunk_size=5000), start=1)}


def rows_of(table: Any, study: Study, level: str, *, truth: bool = False) -> Iterable[Row]:
    """The rows of a table's module, without the right labels of truths that are not inside; on the way to the public
    also without answers in free text and without hashes of such truths."""
    if table is trials:
        return trials.rows(study, truth=truth)
    if level == PUBLIC and table is ratings:
        return ratings.rows(study, truth=truth)
    if level == PUBLIC and table is questionnaire:
        return questionnaire.rows(study, free_text=False)
    return table.rows(study)


def lines(all_columns: Sequence[Column], rows: Iterable[Row], people: Mapping[str, int] | None) -> Iterator[bytes]:
    """The table as CSV. people: `numbers`, for a public export; None for an internal one."""
    if people is None:
        return csv_lines(all_columns, rows)
    shown, convert = columns(all_columns, PUBLIC), _converter(all_columns, people)
    if all_columns[0].name != PERSON:
        return csv_lines(shown, map(convert, rows))
    return _by_number(shown, convert, rows)


def _converter(all_columns: Sequence[Column], people: Mapping[str, int]) -> Callable[[Row], tuple[Value, ...]]:
    def day(value: Any) -> Value:
        return value.astimezone(UTC).date() if isinstance(value, datetime) else None

    def change(column: Column) -> Callable[[Any], Value] | None:
        return people.__getitem__ if column.name == PERSON else day if column.type == "time" else None

    kept = [(place, change(column)) for place, column in enumerate(all_columns) if column.public]

    def convert(row: Row) -> tuple[Value, ...]:
        return tuple(row[place] if changed is None else changed(row[place]) for place, changed in kept)

    return convert


def _by_number(
    shown: Sequence[Column], convert: Callable[[Row], tuple[Value, ...]], rows: Iterable[Row]
) -> Iterator[bytes]:
    """Rows come person by person. They go to a file without a name, and from there by the person's number."""
    places: dict[Any, tuple[int, int]] = {}
    with tempfile.TemporaryFile() as file:
        for number, of_one in itertools.groupby(map(convert, rows), key=lambda row: row[0]):
            _header, *blocks = csv_lines(shown, sorted(of_one, key=_sortable))
            places[number] = file.tell(), sum(map(len, blocks))
            file.writelines(blocks)
        yield from itertools.islice(csv_lines(shown, ()), 1)
        for number in sorted(places):
            start, size = places[number]
            file.seek(start)
            yield file.read(size)


def _sortable(row: Row) -> tuple[Any, ...]:
    """By their own values: the order in which a participant met things stays out."""
    return tuple((value is None, isinstance(value, str), value) for value in row)


def document(results: dict[str, Any], people: Mapping[str, int], *, truth: bool) -> dict[str, Any]:
    """results.json as the public may have it."""
    public: dict[str, Any] = _plain(results, people) | {"protocol": results["protocol"]}
    if truth:
        return public
    for item in public["items"]:
        item["truth_sha256"] = None
    if public["rating"] is not None:
        public["rating"]["stimuli"] = stimuli.without_truths(public["rating"]["stimuli"])
    return public


def _plain(value: Any, people: Mapping[str, int]) -> Any:
    """Wherever a pseudonym stands, whatever part of the results it is, its number; of a time the day."""
    if isinstance(value, dict):
        return {_word(key, people): _plain(entry, people) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry, people) for entry in value]
    return _word(value, people) if isinstance(value, str) else value


def _word(text: str, people: Mapping[str, int]) -> str:
    if text in people:
        return str(people[text])
    return text[:10] if _TIME.fullmatch(text) else text
