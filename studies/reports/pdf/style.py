"""Fonts, colours and styles of the PDF report."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

PLAIN, BOLD, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"
ANY = "DejaVuSans-Any"  # the plain one, where the others lack a letter
INK, SOFT, RULE = HexColor("#1b1b1b"), HexColor("#595959"), HexColor("#cccccc")
WARN, WARN_WASH = HexColor("#5a3800"), HexColor("#fdf2dc")
MARGIN = 18 * mm


@cache
def register_fonts() -> None:
    """DejaVu, which matplotlib brings along: it has the letters of European languages and of mathematics."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in (PLAIN, BOLD, MONO):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
    pdfmetrics.registerFont(TTFont(ANY, folder / f"{PLAIN}.ttf"))
    pdfmetrics.registerFontFamily(ANY, normal=ANY, bold=ANY, italic=ANY, boldItalic=ANY)
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def _style(name: str, size: float, **more: object) -> ParagraphStyle:
    given = {"fontName": PLAIN, "textColor": INK, "leading": 1.35 * size, "spaceAfter": 0.6 * size} | more
    return ParagraphStyle(name, fontSize=size, splitLongWords=1, **given)


TEXT = _style("text", 9)
SMALL = _style("small", 7.5, textColor=SOFT)
VERDICT = _style("verdict", 9, fontName=BOLD)
CAUTION = _style("caution", 9, textColor=WARN, backColor=WARN_WASH, borderPadding=(5, 6, 5, 6), leftIndent=6,
                 rightIndent=6, spaceBefore=9, spaceAfter=12)  # fmt: skip
POINT = _style("point", 9, leftIndent=12, bulletIndent=2, spaceAfter=3)
TITLE = _style("title", 20, fontName=BOLD, spaceAfter=12)
CAPTION = _style("caption", 8, spaceAfter=4)
ABOVE = _style("above", 8, spaceBefore=8, spaceAfter=4)
NOTE = _style("note", 7.5, textColor=SOFT, spaceAfter=2)
CELL = _style("cell", 7.5, spaceAfter=0)
NUMBER = _style("number", 7.5, spaceAfter=0, alignment=2)
HEAD = (
    _style("head", 7.5, fontName=BOLD, spaceAfter=0),
    _style("count", 7.5, fontName=BOLD, spaceAfter=0, alignment=2),
)
CODE = _style("code", 6.5, fontName=MONO, spaceAfter=0)
FACT = _style("fact", 8, spaceAfter=0)
NAME = _style("name", 8, textColor=SOFT, spaceAfter=0)
UNDER = _style("under", 7, spaceAfter=0)
HEADINGS = {
    1: _style("part", 15, fontName=BOLD, spaceBefore=16, spaceAfter=8, keepWithNext=1),
    2: _style("chapter", 11.5, fontName=BOLD, spaceBefore=12, spaceAfter=5, keepWithNext=1),
    3: _style("heading", 9.5, fontName=BOLD, spaceBefore=9, spaceAfter=4, keepWithNext=1),
}
