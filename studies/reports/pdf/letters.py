"""Which font has which letter: DejaVu for most, fonts that every PDF reader knows for Chinese, Japanese and Korean."""

from __future__ import annotations

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas


def runs(text: str, font: str) -> list[tuple[str, str]]:
    return [(font, text)]


def width(text: str, font: str, size: float) -> float:
    """Of the text in points."""
    return float(sum(pdfmetrics.stringWidth(part, name, size) for name, part in runs(text, font)))


def draw(canvas: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    """The text on one line from (x, y)."""
    for name, part in runs(text, font):
        canvas.setFont(name, size)
        canvas.drawString(x, y, part)
        x += pdfmetrics.stringWidth(part, name, size)
