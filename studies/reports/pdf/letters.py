"""Which font sets which letter: DejaVu, which is embedded; for Chinese, Japanese and Korean fonts of the PDF's reader.

The latter are the standard ones of Adobe's Asian font packs, by name alone (ISO 32000, 9.7.5.2); readers without them
put one of their own in their place.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from studies.reports.pdf import bidi
from studies.reports.pdf.style import ANY, PLAIN

CHINESE, TRADITIONAL, JAPANESE, KOREAN = "STSong-Light", "MSung-Light", "HeiseiKakuGo-W5", "HYSMyeongJo-Medium"
#: Font -> the character set that it covers.
ASIAN = {CHINESE: "gbk", TRADITIONAL: "big5", JAPANESE: "cp932", KOREAN: "cp949"}
UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # controls and blanks need no glyph


def runs(text: str, font: str, *, lines: bool = False) -> list[tuple[str, str]]:
    """The text as (name of a font, part), from left to right as one line shows it.

    Letters that no font has stay in `font`, which shows a box. lines: it is broken into lines later, and each of these
    is turned round then, see `Turned`
    """
    if text.isascii():
        return [(font, text)]
    if bidi.has_right(text):
        joined = bidi.joined(text)
        text = joined if lines else bidi.visual(joined, right=bidi.begins_right(text))
    known = _preferred(text)
    parts = groupby(text, key=lambda letter: _font_of(letter, font, known) or font)
    return [(name, "".join(letters)) for name, letters in parts]


def marked(text: str, font: str = PLAIN) -> str:
    """For a paragraph in `font`: escaped, with the letters that it lacks in fonts that have them."""
    found = runs(text, font)
    if len(found) == 1 and found[0][0] == font:
        return escape(found[0][1])
    told = ((name, escape(part)) for name, part in found)
    return "".join(part if name == font else f'<font name="{name}">{part}</font>' for name, part in told)


def paragraph(text: str, look: ParagraphStyle) -> Paragraph:
    """The text in this style; one that begins with a letter from right to left runs from right to left."""
    if bidi.has_right(text) and bidi.begins_right(text):
        found = runs(text, look.fontName, lines=True)
        if len(found) == 1 and found[0][0] == look.fontName:
            return Turned(escape(found[0][1]), look)
    return Paragraph(marked(text, look.fontName), look)


class Turned(Paragraph):
    """A paragraph from right to left: broken into lines in the order of reading, each of which is turned round."""

    def breakLines(self, width: Any) -> Any:
        broken = super().breakLines(width)
        if broken.kind == 0:
            broken.lines = [(room, bidi.visual(" ".join(told), right=True).split(" ")) for room, told in broken.lines]
        return broken


def width(text: str, font: str, size: float) -> float:
    """Of the text in points."""
    return float(sum(pdfmetrics.stringWidth(part, name, size) for name, part in runs(text, font)))


def draw(canvas: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    """The text on one line from (x, y)."""
    for name, part in runs(text, font):
        canvas.setFont(name, size)
        canvas.drawString(x, y, part)
        x += pdfmetrics.stringWidth(part, name, size)


def words(value: Any) -> Iterator[str]:
    """Every text in blocks of a report."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from words(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from words(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from words(one)


def remarks(texts: Iterable[str]) -> list[str]:
    """What has to be said about the fonts of these texts, one sentence each; nothing where all letters are embedded."""
    foreign = {(letter, _preferred(text)) for text in set(texts) if not text.isascii() for letter in set(text)}
    found = {(letter, _font_of(letter, PLAIN, known)) for letter, known in foreign}
    told = []
    if any(font in ASIAN for _, font in found):
        told.append("Chinese, Japanese and Korean letters are set in fonts of your PDF reader: none is embedded.")
    if scripts := sorted({_script(letter) for letter, font in found if font is None}):
        told.append(
            f"No font of this PDF has these letters, and a box stands for each: {', '.join(scripts)}. The HTML form "
            "of this report shows them."
        )
    return told


def _preferred(text: str) -> tuple[str, ...]:
    """Fonts for Han letters, which three languages write each in its own way, told by the other letters of the text."""
    if any("\uac00" <= letter <= "\ud7a3" for letter in text):
        return (KOREAN, CHINESE, TRADITIONAL, JAPANESE)
    if any("\u3040" <= letter <= "\u30ff" for letter in text):
        return (JAPANESE, CHINESE, TRADITIONAL, KOREAN)
    return (CHINESE, TRADITIONAL, JAPANESE, KOREAN)


@cache
def _font_of(letter: str, font: str, asian: tuple[str, ...]) -> str | None:
    """The first font that has the letter."""
    for name in (font, ANY):
        if unicodedata.category(letter) in UNSEEN or ord(letter) in pdfmetrics.getFont(name).face.charToGlyph:
            return name
    return next((_registered(name) for name in asian if _covers(ASIAN[name], letter)), None)


def _covers(character_set: str, letter: str) -> bool:
    try:
        letter.encode(character_set)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _registered(name: str) -> str:
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(name))
    pdfmetrics.registerFontFamily(name, normal=name, bold=name, italic=name, boldItalic=name)
    return name


def _script(letter: str) -> str:
    """“Devanagari”, by the first word of the letter's name; letters without a name by their number."""
    name = unicodedata.name(letter, "")
    return name.split()[0].capitalize() if name else f"U+{ord(letter):04X}"
