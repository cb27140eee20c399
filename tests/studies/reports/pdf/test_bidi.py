"""Words from right to left: the forms of their letters, and the order in which a line shows them."""

from __future__ import annotations

import unicodedata

import pytest

from studies.reports.pdf import bidi

#: Stand for letters from right to left below, as they do in the examples of Unicode's annex 9.
HEBREW = str.maketrans("ABCDEF", "\u05d0\u05d1\u05d2\u05d3\u05d4\u05d5")


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("\u0633\u0644\u0627\u0645", ["SEEN INITIAL", "LAM WITH ALEF FINAL", "MEEM ISOLATED"]),  # salam
        (
            "\u0639\u0631\u0628\u064a\u0629",  # arabiya: reh joins its right neighbour alone
            ["AIN INITIAL", "REH FINAL", "BEH INITIAL", "YEH MEDIAL", "TEH MARBUTA FINAL"],
        ),
        ("\u0644\u0627", ["LAM WITH ALEF ISOLATED"]),
        ("\u0628\u064e\u0628", ["BEH INITIAL", "", "BEH FINAL"]),  # a mark between them parts nothing
    ],
)
def test_arabic_letters_have_the_forms_that_their_neighbours_ask_for(word: str, forms: list[str]) -> None:
    names = [unicodedata.name(letter) for letter in bidi.joined(word)]
    assert len(names) == len(forms)
    assert all(form in name for form, name in zip(forms, names, strict=True))


def test_other_letters_stay() -> None:
    assert bidi.joined("Z\u00fcrich, \u05d0\u05d1") == "Z\u00fcrich, \u05d0\u05d1"
    assert not bidi.has_right("Z\u00fcrich 5")


@pytest.mark.parametrize(
    ("logical", "right", "shown"),
    [
        ("car means CAR.".replace("R", "F"), False, "car means FAC."),
        ("ABC car DEF", True, "FED car CBA"),
        ("ABC 123 DEF", True, "FED 123 CBA"),
        ("ABC?", True, "?CBA"),
        ("(ABC)", True, "(CBA)"),
        ("abc (ABC) 5", False, "abc (CBA) 5"),
        ("car ABC, DEF 5", False, "car 5 FED ,CBA"),
    ],
)
def test_lines_as_they_are_shown(logical: str, right: bool, shown: str) -> None:
    """Capitals are written from right to left. The examples are in the way of annex 9, and worked out by its rules."""
    found = bidi.visual(logical.translate(HEBREW), right=right)
    assert found == shown.translate(HEBREW)


def test_the_first_strong_letter_says_where_a_paragraph_begins() -> None:
    assert bidi.begins_right("5) \u05d0bc")
    assert not bidi.begins_right("5) a\u05d0")
