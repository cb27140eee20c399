"""Cells of a CSV file: every value as text, and no text that a spreadsheet would run as a formula."""

from __future__ import annotations

from datetime import UTC, datetime

#: A text that begins with one of these gets an apostrophe in front; the apostrophe itself is
#: among them, so that `restore` gives back exactly what was defused.
DEFUSED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")

Value = str | int | float | bool | datetime | None


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
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return defuse(value)


def defuse(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DEFUSED) else text


def restore(text: str) -> str:
    """The text as it was before `defuse`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DEFUSED) else text
