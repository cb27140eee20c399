"""Researchers' texts as safe HTML."""

from __future__ import annotations

import re

import pytest

from studies.services.design import markdown


def shown(text: str) -> str:
    return markdown.render(text, {"five": "/s/x/pictures/five.png"}.get)


def test_it_works() -> None:
    assert shown("Pick the *likely* ones.") == "<p>Pick the <em>likely</em> ones.</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <b onclick=x>bold</b> b",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,x)",
        "<javascript:alert(1)>",
        "![x](https://evil.example/x.png)",
        "![x](//evil.example/x.png)",
        "![x](../../admin)",
        '![x](five" onerror="alert)',
        '![" onerror="alert(1)](five)',
        "[ref]\n\n[ref]: javascript:alert(1)",
    ],
)
def test_nothing_of_a_text_becomes_a_tag_or_a_foreign_address(text: str) -> None:
    html = shown(text)
    assert "<script" not in html
    assert "<b " not in html
    assert 'onerror="' not in html
    for attribute in ("href", "src"):
        for value in html.split(f'{attribute}="')[1:]:
            assert value.startswith(("https://", "http://", "mailto:", "/s/x/pictures/five.png")), html
    assert 'src="https' not in html


def test_links_open_beside_and_tell_nobody_where_from() -> None:
    assert '<a href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">' in shown(
        "[more](https://example.org/?a=1&b=2)"
    )


def test_pictures_are_the_studys_own() -> None:
    assert '<img src="/s/x/pictures/five.png" alt="A &quot;5&quot;">' in shown('![A "5"](five)')
    assert shown("![A six](six)") == "<p>A six</p>\n"
    assert markdown.pictures("![a](five) and\n\n> ![b][ref]\n\n[ref]: six\n\n`![c](seven)`") == {"five", "six"}


def test_lines_break_as_they_are_written() -> None:
    assert shown("one\ntwo\n\nthree") == "<p>one<br />\ntwo</p>\n<p>three</p>\n"


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# One\n\n## Two\n\n# Three", [2, 3, 2]),
        ("### One\n\n###### Two\n\n### Three", [2, 3, 2]),
        ("# One\n\n### Two\n\n## Three", [2, 3, 3]),
        ("## One", [2]),
    ],
)
def test_headings_stand_below_the_pages_own_and_leave_no_level_out(text: str, levels: list[int]) -> None:
    """1.15 (9)"""
    html = shown(text)
    assert [int(level) for level in re.findall(r"<h(\d)>", html)] == levels
    assert [int(level) for level in re.findall(r"</h(\d)>", html)] == levels
