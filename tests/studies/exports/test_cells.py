"""Cells of exported tables: no formula reaches a spreadsheet, and every text comes back as it was."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest

from studies.exports.cells import cell, defuse, restore
from studies.exports.tables import Column, Grouped, csv_lines

# The first characters that OWASP's page on CSV injection lists.
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_is_defused_by_an_apostrophe(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", [*DANGEROUS, "5", "", "'", "''", "'5", "'=1", "it's", "− 5", "café"])
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert restore(defuse(text)) == text


def test_numbers_of_our_own_stay_numbers() -> None:
    assert [cell(-3), cell(-0.5), cell(True), cell(None)] == ["-3", "-0.5", "true", ""]


def test_times_are_utc() -> None:
    berlin = datetime(2026, 1, 2, 13, 4, 5, 6, timezone(timedelta(hours=1)))
    assert cell(berlin) == cell(datetime(2026, 1, 2, 12, 4, 5, 6, UTC)) == "2026-01-02T12:04:05.000006+00:00"


def test_a_table_is_rfc_4180() -> None:
    columns = [Column("a", "text", "first"), Column("b", "text", "second")]
    data = b"".join(csv_lines(columns, [("x,y", 'say "7"'), ("two\nlines", "é")]))
    assert data == 'a,b\r\n"x,y","say ""7"""\r\n"two\nlines",é\r\n'.encode()
    assert list(csv.reader(io.StringIO(data.decode(), newline="")))[2] == ["two\nlines", "é"]


def test_blocks_of_rows_are_what_cells_give_one_by_one() -> None:
    """Whole columns are converted at once; their bytes are those of `cell`, value by value."""
    types = ("text", "integer", "number", "boolean", "time", "sha256")
    columns = [Column(kind, kind, "") for kind in types]
    moment = datetime(2026, 1, 2, 13, 4, 5, 6, timezone(timedelta(hours=1)))
    texts = ["=1", None, "", 3, 1.5, True, 1, "1", "two\nlines", "a,b", "'", "é"]
    rows = [
        (texts[n % 12], [None, -n][n % 2], [n / 3, None, 1e-7, 1e22][n % 4], [True, False, None][n % 3],
         [moment, moment + timedelta(seconds=n), None][n % 3], ["ab" * 32, None][n % 2])
        for n in range(10_000)
    ]  # fmt: skip
    expected = io.StringIO(newline="")
    csv.writer(expected).writerows([types, *([cell(value) for value in row] for row in rows)])
    assert b"".join(csv_lines(columns, rows)) == expected.getvalue().encode()


def test_rows_that_share_their_first_cells_are_the_same_lines_as_rows_apart() -> None:
    columns = [Column(kind, kind, "") for kind in ("text", "boolean", "time", "integer", "sha256")]
    shared = [("=a,b", True, datetime(2026, 1, 2, tzinfo=UTC)), ('two\n"lines"', None, None)]
    grouped = Grouped(lambda: ((cells, [(1, "ab" * 32), (None, None)]) for cells in shared))
    assert b"".join(csv_lines(columns, grouped)) == b"".join(csv_lines(columns, list(grouped)))
    assert len(list(grouped)) == 4
