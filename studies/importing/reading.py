"""Tables of an export by their columns' types, and rows that have to fit their tables here."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone

from studies.errors import StudyError
from studies.exports.bundle import Bundle
from studies.exports.checks import table
from studies.exports.tables import Column

M = TypeVar("M", bound=Model)


def zoned(text: str) -> datetime:
    """A time that has to be there. Raises ValueError, also for one without its zone."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"the time {text} has no time zone")
    return time


_READ: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "boolean": lambda text: {"true": True, "false": False}[text],
    "time": zoned,
}


def rows(
    bundle: Bundle, file: str, columns: Sequence[Column], *, later: frozenset[str] = frozenset()
) -> Iterator[dict[str, Any]]:
    """Rows by column, with the columns' types; what is empty is None, but "" in texts. Raises StudyError.

    later: columns that older exports are without, which are empty there
    """
    for number, row in enumerate(table(bundle, file), start=1):
        try:
            row = dict.fromkeys(later, "") | row
            yield {column.name: _value(column, row[column.name]) for column in columns}
        except (LookupError, ValueError, AttributeError) as error:
            raise StudyError(f"{file}, row {number}: a value is missing or malformed ({error}).") from None


def moment(text: str | None) -> datetime | None:
    """A time as JSON has it; None where there is none. Raises ValueError for one without its zone."""
    return zoned(text) if text else None


def closing(opened: datetime | None, closed: datetime | None, where: str) -> datetime:
    """When it was closed, which here it always is: what was still open closes now. Raises StudyError."""
    if closed is not None and opened is not None and closed < opened:
        raise StudyError(f"{where} was closed before it was opened: correct its times.")
    now = timezone.now()
    return closed or max(now, opened or now)


def _value(column: Column, text: str) -> Any:
    read = _READ.get(column.type)
    if read is None:
        return text
    return read(text) if text else None


class Trials:
    """Rows of a table that has several for a trial, in the order of trials.csv: those of one trial after the other."""

    def __init__(self, bundle: Bundle, file: str, columns: Sequence[Column]) -> None:
        self._file = file
        self._groups = itertools.groupby(rows(bundle, file, columns), key=itemgetter("participant", "item", "repeat"))
        self._next: tuple[Any, list[dict[str, Any]]] | None = None
        self._advance()

    def take(self, trial: tuple[str, int, int]) -> list[dict[str, Any]]:
        """Those of this trial: participant, item, repeat. Asked for in the order of trials.csv."""
        if self._next is None or self._next[0] != trial:
            return []
        _, found = self._next
        self._advance()
        return found

    def finish(self) -> None:
        """Raises StudyError where something is left over."""
        if self._next is not None:
            raise StudyError(f"{self._file} has rows of a trial that is not in trials.csv, or in another order.")

    def _advance(self) -> None:
        found = next(self._groups, None)
        self._next = None if found is None else (found[0], list(found[1]))


def fitting(row: M, where: str) -> M:
    """The row, when every value fits its column here; raises StudyError."""
    fields = row._meta.concrete_fields
    # That something is empty is for forms to refuse, not for tables.
    empty = {field.name for field in fields if getattr(row, field.attname) in ("", [], {})}
    try:
        row.clean_fields(exclude=empty | {field.name for field in fields if field.is_relation})
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise StudyError(f"{where}: {name} cannot be stored here: {' '.join(messages)}") from None
    return row


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
