"""A few marks on white paper, written as SVG or PNG without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from itertools import pairwise
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
_ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
_ENLARGED = 2  # a PNG has twice as many pixels as the drawing has units


@dataclass
class Drawing:
    """Lines, dots and words, in units of a pixel from the upper left corner; later marks lie above earlier ones."""

    width: int
    height: int
    title: str
    _lines: list[tuple[Sequence[Point], str, float, bool]] = field(default_factory=list)
    _dots: list[tuple[Point, float, str]] = field(default_factory=list)
    _words: list[tuple[Point, str, str, Anchor]] = field(default_factory=list)

    def line(self, points: Sequence[Point], colour: str, width: float = 1.5, *, dashed: bool = False) -> None:
        self._lines.append((points, colour, width, dashed))

    def dot(self, place: Point, colour: str, radius: float = 3.5) -> None:
        self._dots.append((place, radius, colour))

    def words(self, place: Point, text: str, colour: str = "#333333", anchor: Anchor = "start") -> None:
        """One line of text, its middle at the height of the place."""
        self._words.append((place, text, colour, anchor))

    def svg(self) -> bytes:
        marks = [_polyline(*line) for line in self._lines]
        marks += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" fill="{colour}"/>' for (x, y), r, colour in self._dots]
        marks += [
            f'<text x="{x:.1f}" y="{y + 4:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'
            for (x, y), text, colour, anchor in self._words
        ]
        body = "\n".join(marks)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="sans-serif" font-size="12" role="img"><title>{escape(self.title)}'
            f'</title>\n<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
        ).encode()

    def png(self) -> bytes:
        size = (_ENLARGED * self.width, _ENLARGED * self.height)
        picture = Image.new("RGB", size, "#ffffff")
        pen, font = ImageDraw.Draw(picture), ImageFont.load_default(12 * _ENLARGED)
        for points, colour, width, dashed in self._lines:
            for piece in _dashes(points) if dashed else [points]:
                pen.line([_large(point) for point in piece], colour, round(_ENLARGED * width), joint="curve")
        for place, radius, colour in self._dots:
            pen.circle(_large(place), _ENLARGED * radius, colour)
        for place, text, colour, anchor in self._words:
            pen.text(_large(place), text, colour, font, _ANCHORS[anchor])
        file = BytesIO()
        picture.save(file, "PNG", optimize=True)
        return file.getvalue()


def _polyline(points: Sequence[Point], colour: str, width: float, dashed: bool) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<polyline fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes} points="{places}"/>'


def _large(point: Point) -> Point:
    return _ENLARGED * point[0], _ENLARGED * point[1]


def _dashes(points: Sequence[Point]) -> list[list[Point]]:
    """Each straight piece cut into dashes of 4 with gaps of 3."""
    dashes = []
    for (x0, y0), (x1, y1) in pairwise(points):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
        starts = [7 * place / length for place in range(int(length / 7) + 1)]
        dashes += [
            [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in (start, min(start + 4 / length, 1.0))]
            for start in starts
        ]
    return dashes
