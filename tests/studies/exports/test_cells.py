"""Cells of exported tables: no formula reaches a spreadsheet, and every text comes back as it was."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest

from studies.exports.cells import cell, defuse, restore
from studies.exports.tables import Column, csv_lines

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
