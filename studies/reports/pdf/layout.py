"""Each block of a report as reportlab lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, singledispatch
from io import BytesIO
from typing import Any

import numpy as np
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, LongTable, PageBreak, Paragraph, Spacer, TableStyle

from inference.core.images import encode_png, read_uint8
from studies.reports.blocks import (
    Cover,
    Drawing,
    Facts,
    Grid,
    Heading,
    Picture,
    Pictures,
    Points,
    Text,
    is_number,
    unbroken,
)
from studies.reports.colours import colour_map
from studies.reports.pdf import letters, style, vector
from studies.reports.pdf.letters import marked
from studies.reports.tables import Table

FACT_NAME = 130.0  # points, of the first column of facts
PAD = 4.0
GAP = 8.0
LONGEST_WORD, LONGEST_NAME = 110.0, 60.0  # points; longer ones, such as names of files, are broken
LEAST = 256  # pixels of a picture: fewer are repeated, so that no viewer smooths them
ROOM = 100.0  # points, the longest side of a picture
WIDTH, HEIGHT = 595.28 - 2 * style.MARGIN, 841.89 - 2 * style.MARGIN
TOGETHER = 200.0  # points, of rows that are not divided over two pages
CAPTION = 100.0  # points, of the longest below a figure


@singledispatch
def flowables(block: object) -> list[Flowable]:
    raise TypeError(f"There is no PDF for {type(block).__name__}.")


@flowables.register
def _cover(block: Cover) -> list[Flowable]:
    found = [_said(block.subtitle, style.SMALL), _said(block.title, style.TITLE)]
    if block.mark:
        found.append(Paragraph(f"<b>Rehearsal.</b> {marked(block.mark)}", style.CAUTION))
    return [*found, *_facts(Facts(block.facts))]


@flowables.register
def _heading(block: Heading) -> list[Flowable]:
    return [*([PageBreak()] if block.new_page else []), Anchored(block)]


@flowables.register
def _text(block: Text) -> list[Flowable]:
    styles = {"plain": style.TEXT, "small": style.SMALL, "verdict": style.VERDICT, "caution": style.CAUTION}
    return [_said(block.text, styles[block.kind])]


@flowables.register
def _points(block: Points) -> list[Flowable]:
    return [*(Paragraph(marked(text), style.POINT, bulletText="•") for text in block.texts), Spacer(0, 4)]


@flowables.register
def _facts(block: Facts) -> list[Flowable]:
    value = style.CODE if block.code else style.FACT
    rows = [[_said(name, style.NAME), _said(text, value)] for name, text in block.rows]
    lines = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, style.RULE), *_PADDING])
    table = _Rows(rows, [FACT_NAME, WIDTH - FACT_NAME], style=lines, hAlign="LEFT", splitInRow=1)
    return [table, Spacer(0, 8)]


@flowables.register
def _grid(block: Grid) -> list[Flowable]:
    table = block.table
    caption = Paragraph(f"<b>Table {block.number}.</b> {marked(table.title)}", style.ABOVE)
    caption.keepWithNext = True
    rows: list[list[Any]] = list(_cells(table, code=block.code))
    last = len(rows) - 1
    lines = [
        ("LINEABOVE", (0, 0), (-1, 0), 1, style.INK),
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, style.INK),
        ("LINEBELOW", (0, 1), (-1, last - 1), 0.3, style.RULE),
        ("LINEBELOW", (0, last), (-1, last), 1, style.INK),
        *_PADDING,
    ]
    if table.notes:  # a row of their own, so that they never stand alone on the next page
        rows.append([[_said(note, style.NOTE) for note in table.notes], *[""] * (len(table.header) - 1)])
        lines += [("SPAN", (0, -1), (-1, -1)), ("NOSPLIT", (0, -2), (-1, -1)), ("TOPPADDING", (0, -1), (-1, -1), 6)]
    laid = _Rows(rows, _widths(table), repeatRows=1, splitInRow=1, style=TableStyle(lines), hAlign="LEFT")
    return [caption, laid, Spacer(0, 10)]


class _Rows(LongTable):
    """Rows that stay together where they are few."""

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        size: tuple[float, float] = super().wrap(width, height)
        if None not in self._rowHeights:  # all are measured: asked again, and of both parts, they stay
            self._argH = self._rowHeights
        return size

    def split(self, width: float, height: float) -> list[Flowable]:
        if self.wrap(width, HEIGHT)[1] <= TOGETHER:
            return []
        found: list[Flowable] = super().split(width, height)
        return found


def _cells(table: Table, *, code: bool) -> list[list[Paragraph]]:
    numbers = [is_number(table, place) for place in range(len(table.header))]
    head = [_said(text, style.HEAD[number]) for text, number in zip(table.header, numbers, strict=True)]
    body = [
        [_cell(unbroken(text), number, code=code and place > 0 and len(text) > 40)
         for place, (text, number) in enumerate(zip(row, numbers, strict=True))]
        for row in table.rows
    ]  # fmt: skip
    nothing = [_said("Nothing to show.", style.CELL), *([_said("", style.CELL)] * (len(table.header) - 1))]
    return [head, *(body or [nothing])]


def _cell(text: str, number: bool, *, code: bool) -> Paragraph:
    return _said(text, style.CODE if code else style.NUMBER if number else style.CELL)


def _said(text: str, look: ParagraphStyle) -> Paragraph:
    return letters.paragraph(text, look)


def _widths(table: Table) -> list[float]:
    """At least as wide as their longest words, as far as the page goes; what is left goes to those that want more."""
    columns = list(zip(table.header, *table.rows, strict=True))
    wanted = [max(map(_width, column)) + 2 * PAD + 2 for column in columns]
    least = [_least(column, LONGEST_NAME if place == 0 else LONGEST_WORD) for place, column in enumerate(columns)]
    factor = min(1.0, WIDTH / sum(least))
    widths = [factor * width for width in least]
    more = [max(want - width, 0) for want, width in zip(wanted, widths, strict=True)]
    share = min(1.0, (WIDTH - sum(widths)) / (sum(more) or 1.0))
    widths = [width + share * wants for width, wants in zip(widths, more, strict=True)]
    left = (WIDTH - sum(widths)) / len(widths)
    return [width + left for width in widths]


def _least(column: Sequence[str], most: float) -> float:
    words = (word for text in column for word in unbroken(text).split(" "))
    return min(max(map(_width, words)), most) + 2 * PAD + 2


@lru_cache(maxsize=10_000)
def _width(text: str) -> float:
    return letters.width(text, style.BOLD, style.CELL.fontSize)


@flowables.register
def _drawing(block: Drawing) -> list[Flowable]:
    note = f" {marked(block.note)}" if block.note else ""
    caption = f"<b>Figure {block.number}.</b> {marked(block.figure.title)}.{note}"
    return [_Drawn(block, Paragraph(caption, style.CAPTION))]


@flowables.register
def _pictures(block: Pictures) -> list[Flowable]:
    return [_Row(block.pictures), Spacer(0, 6)]


_PADDING = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), PAD),
    ("LEFTPADDING", (0, 0), (0, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), PAD),
    ("TOPPADDING", (0, 0), (-1, -1), 2.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
]  # fmt: skip


class Anchored(Paragraph):
    """A heading with its place in the bookmarks, and the target of its line in the contents."""

    def __init__(self, heading: Heading) -> None:
        super().__init__(marked(heading.text, style.BOLD), style.HEADINGS[heading.level])
        self.heading = heading

    def draw(self) -> None:
        if self.heading.level < 3:
            self.canv.bookmarkHorizontal(self.heading.anchor, 0, self.height + 20)
            self.canv.addOutlineEntry(self.heading.text, self.heading.anchor, self.heading.level - 1)
        super().draw()


class Contents(Flowable):
    """Every part and chapter with its page: a form that is defined when the page is known."""

    def __init__(self, headings: Sequence[Heading], *, titled: bool = True) -> None:
        super().__init__()
        self._headings = headings
        self._titled = titled
        self._line = 13.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width, self.height = width, self._line * (len(self._headings) + 2 * self._titled)
        return self.width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        fits = int(height // self._line) - 2 * self._titled
        if fits < 2:
            return []
        return [Contents(self._headings[:fits], titled=self._titled), Contents(self._headings[fits:], titled=False)]

    def draw(self) -> None:
        y = self.height - self._line
        if self._titled:
            self.canv.setFont(style.BOLD, 11.5)
            self.canv.drawString(0, y - 6, "Contents")
            y -= 2 * self._line
        for heading in self._headings:
            self._draw_line(heading, y)
            y -= self._line

    def _draw_line(self, heading: Heading, y: float) -> None:
        canvas, x = self.canv, 12.0 * (heading.level - 1)
        font = style.BOLD if heading.level == 1 else style.PLAIN
        canvas.setFillColor(style.INK)
        text = _fitting(heading.text, font, 8.5, self.width - x - 50)
        letters.draw(canvas, x, y, text, font, 8.5)
        canvas.setStrokeColor(style.RULE)
        canvas.setDash(1, 2)
        canvas.line(x + letters.width(text, font, 8.5) + 5, y + 1, self.width - 28, y + 1)
        canvas.setDash()
        canvas.saveState()
        canvas.translate(self.width, y)
        canvas.doForm(f"page-{heading.anchor}")
        canvas.restoreState()
        canvas.linkRect("", heading.anchor, (x, y - 3, self.width, y + 10), relative=1)


def _fitting(text: str, font: str, size: float, room: float) -> str:
    if letters.width(text, font, size) <= room:
        return text
    while text and letters.width(f"{text}…", font, size) > room:
        text = text[:-1]
    return f"{text}…"


class _Drawn(Flowable):
    """A figure with its caption below, drawn when its page is."""

    def __init__(self, block: Drawing, caption: Paragraph) -> None:
        super().__init__()
        self._figure, self._caption = block.figure, caption
        wide, high = block.figure.width * inch, block.figure.height * inch
        self._factor = min(1.0, WIDTH / wide, (HEIGHT - CAPTION) / high)
        self._size = wide * self._factor, high * self._factor

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self._below = self._caption.wrap(WIDTH, CAPTION)[1]
        self.width, self.height = width, self._size[1] + self._below
        return self.width, self.height

    def getSpaceAfter(self) -> float:
        return 8.0

    def draw(self) -> None:
        self._caption.drawOn(self.canv, 0, 0)
        self.canv.translate(0, self._below)
        self.canv.scale(self._factor, self._factor)
        vector.draw(self.canv, self._figure.svg)


class _Row(Flowable):
    """Pictures beside each other with their captions below, read when their page is drawn."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        super().__init__()
        self._pictures = pictures
        each = min(ROOM, (WIDTH - GAP * (len(pictures) - 1)) / len(pictures))
        longest = max(max(one.width, one.height) for one in pictures)
        self._sizes = [(each * one.width / longest, each * one.height / longest) for one in pictures]
        self._each = each
        self._captions = [_caption(one) for one in pictures]

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self._below = max(caption.wrap(self._each, 1000)[1] for caption in self._captions)
        self._scale = 14.0 if any(one.scale for one in self._pictures) else 0.0
        self._high = max(height for _, height in self._sizes)
        self.width, self.height = width, self._high + 3 + self._scale + self._below
        return self.width, self.height

    def draw(self) -> None:
        for place, (picture, size, caption) in enumerate(zip(self._pictures, self._sizes, self._captions, strict=True)):
            x = place * (self._each + GAP)
            top = self.height - size[1]
            self.canv.drawImage(_enlarged(picture.read()), x, top, *size)
            if picture.scale:
                _draw_scale(self.canv, x, self.height - self._high - 12, self._each, picture.scale.maximum)
            caption.drawOn(self.canv, x, self.height - self._high - 3 - self._scale - caption.height)


def _caption(picture: Picture) -> Paragraph:
    unit = f'<br/><font color="#595959" size="6">{marked(picture.scale.unit)}</font>' if picture.scale else ""
    return Paragraph(f"{marked(picture.caption)}{unit}", style.UNDER)


def _draw_scale(canvas: Any, x: float, y: float, width: float, maximum: float) -> None:
    """The colours from 0 to the maximum, with both numbers."""
    canvas.setFont(style.PLAIN, 6)
    canvas.setFillColor(style.INK)
    end = f"{maximum:g}"
    left, right = stringWidth("0", style.PLAIN, 6) + 2, stringWidth(end, style.PLAIN, 6) + 2
    canvas.drawString(x, y + 1, "0")
    canvas.drawRightString(x + width, y + 1, end)
    colours = encode_png(colour_map(np.linspace(0, 1, 256)[None, :].repeat(8, axis=0), maximum=1.0))
    canvas.drawImage(ImageReader(BytesIO(colours)), x + left, y, width - left - right, 6)


def _enlarged(png: bytes) -> ImageReader:
    from PIL import Image

    pixels = read_uint8(png)
    times = -(-LEAST // max(pixels.shape[:2]))
    if times > 1:
        pixels = pixels.repeat(times, axis=0).repeat(times, axis=1)
    return ImageReader(Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels))
