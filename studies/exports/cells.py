"""Cells of a CSV file: every value as text, and no text that a spreadsheet would run as a formula."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

#: A text that begins with one of these gets an apostrophe in front; the apostrophe itself is
#: among them, so that `restore` gives back exactly what was defused.
DEFUSED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_REMEMBERED = 10_000  # texts of one column

Value = str | int | float | bool | datetime | date | None


def cell(value: Value) -> str:
    """One value as the text of a cell: numbers plainly, times in ISO 8601 UTC, None as nothing, text defused."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, datetime):
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return defuse(value)


def flag(value: bool | None) -> str:
    """`cell` of a column of booleans."""
    return "" if value is None else "true" if value else "false"


def texts() -> Callable[[Value], str]:
    """`cell` for a column of texts: in large tables they repeat themselves."""
    known: dict[Value, str] = {}

    def convert(value: Value) -> str:
        if type(value) is not str:  # 1, 1.0 and True would be the same key
            return cell(value)
        found = known.get(value)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            found = known[value] = defuse(value)
        return found

    return convert


def moments() -> Callable[[datetime | None], str]:
    """`cell` for a column of times: rows of one ballot have the very same object."""
    last: datetime | None = None
    text = ""

    def convert(value: datetime | None) -> str:
        nonlocal last, text
        if value is not last:
            last, text = value, cell(value)
        return text

    return convert


def defuse(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DEFUSED) else text


def restore(text: str) -> str:
    """The text as it was before `defuse`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DEFUSED) else text
