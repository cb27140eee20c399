"""Letters in the PDF: each in a font that has it, and what no font has is said."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from studies.reports.blocks import Cover, Drawing, Facts, Grid, Heading, Text
from studies.reports.drawings.intervals import Point, label_shares
from studies.reports.pdf import letters, style, writing
from studies.reports.tables import Table


@pytest.fixture(autouse=True)
def registered() -> None:
    style.register_fonts()


@pytest.mark.parametrize(
    ("text", "fonts"),
    [
        ("Zürich, İstanbul, Ελλάδα, Київ, α ≤ β", {style.PLAIN}),
        ("您看到哪个数字？", {letters.CHINESE}),
        ("漢字", {letters.CHINESE}),
        ("どの漢字ですか。", {letters.JAPANESE}),
        ("어떤 숫자(數字)", {letters.KOREAN, style.PLAIN}),
        ("digit 五 of 9", {style.PLAIN, letters.CHINESE}),
        ("हिन्दी", {style.PLAIN}),
    ],
)
def test_every_letter_gets_a_font_that_has_it(text: str, fonts: set[str]) -> None:
    found = letters.runs(text, style.PLAIN)
    assert {font for font, _ in found} == fonts
    assert "".join(part for _, part in found) == text


def test_what_other_fonts_lack_is_set_in_the_plain_one() -> None:
    """Hebrew is in DejaVu Sans alone."""
    assert letters.runs("שלום", style.MONO) == [(style.ANY, "םולש")]  # as a line shows it


def test_a_paragraph_from_right_to_left_has_its_first_words_on_its_first_line() -> None:
    words = [chr(0x5D0 + place) * 9 for place in range(20)]
    found = letters.paragraph(" ".join(words), style.TEXT)
    found.wrap(200, 1000)
    lines = [" ".join(told) for _, told in found.blPara.lines]
    assert len(lines) > 3
    assert lines[0].split(" ")[::-1] == words[: len(lines[0].split(" "))]
    assert lines[-1].startswith(words[-1])


def test_words_are_escaped_in_every_font() -> None:
    assert letters.marked("<b>&", style.PLAIN) == "&lt;b&gt;&amp;"
    assert letters.marked("<看>", style.PLAIN) == f'&lt;<font name="{letters.CHINESE}">看</font>&gt;'


def test_letters_as_wide_as_high_have_their_width() -> None:
    assert letters.width("您看到", style.PLAIN, 8) == 24
    assert letters.width("a您", style.PLAIN, 8) == letters.width("a", style.PLAIN, 8) + 8


def test_a_line_goes_on_where_the_last_font_ended() -> None:
    canvas = Canvas(io.BytesIO(), pageCompression=0)
    letters.draw(canvas, 10, 20, "您看a", style.PLAIN, 8)
    canvas.showPage()
    data: bytes = canvas.getpdfdata()
    assert b"1 0 0 1 10 20 Tm" in data
    assert b"1 0 0 1 26 20 Tm" in data


def test_what_is_not_embedded_and_what_has_no_font_is_said() -> None:
    assert letters.remarks(["plain", "Zürich ≤ 5"]) == []
    (told,) = letters.remarks(["您看到"])
    assert "fonts of your PDF reader" in told
    (told,) = letters.remarks(["हिन्दी, ไทย"])
    assert "Devanagari, Thai" in told
    assert letters.remarks(["مرحبا, שלום"]) == []


def test_a_report_in_chinese_names_its_fonts_and_is_the_same_twice(tmp_path: Path) -> None:
    point = Point("五", 0.5, 0.4, 0.6, 5, 10)
    story = [
        Cover("研究", "Report", (("Asked", "您看到哪个数字？" * 30), ("Name", "<看>"))),
        Heading("第一部分", 1, "part"),
        Text("看" * 300, "caution"),
        Facts((("name", "图像" * 40),), code=True),
        Grid(Table("表格", ("名称", "数字"), (("图像一" * 20, "5"),)), 1),
        Drawing(label_shares("labels", "标签", [point]), "注释", 1),
    ]
    for name in ("one.pdf", "two.pdf"):
        writing.write(tmp_path / name, "研究", story, lambda heading: None)
    pdf = (tmp_path / "one.pdf").read_bytes()
    assert b"/BaseFont /STSong-Light" in pdf
    assert pdf == (tmp_path / "two.pdf").read_bytes()
