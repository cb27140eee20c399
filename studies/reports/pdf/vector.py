"""A figure's own SVG drawn on a page: lines and letters stay what they are, and nothing is drawn a second time.

Only what `drawings.vector.plain` leaves is known: groups with a clip, paths, paths used again, texts and pictures.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from studies.reports.pdf import letters, style

_SVG, _HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_TRANSFORM = re.compile(r"(\w+)\(([^)]*)\)")
_CAPS, _JOINS = {"butt": 0, "round": 1, "square": 2}, {"miter": 0, "round": 1, "bevel": 2}
_STEP, _OPERATORS = re.compile(r"([MLCz])([^MLCz]*)"), {"M": "m", "L": "l", "C": "c", "z": "h"}


def draw(canvas: Canvas, svg: str) -> None:
    """At the canvas's origin, in points: the drawing's lower left corner is there."""
    root = fromstring(svg)
    height = float(root.get("viewBox", "0 0 0 0").split()[3])
    canvas.saveState()
    canvas.translate(0, height)
    canvas.scale(1, -1)  # as in SVG, y goes down
    _Drawing(canvas, root).children(root)
    canvas.restoreState()


class _Drawing:
    def __init__(self, canvas: Canvas, root: Element) -> None:
        self._canvas = canvas
        self._join = _JOINS[root.get("stroke-linejoin", "miter")]
        self._known = {f"#{one.get('id')}": one for one in root.iter() if one.get("id")}

    def children(self, parent: Element) -> None:
        for one in parent:
            self._element(one)

    def _element(self, one: Element) -> None:
        name = one.tag.removeprefix(_SVG)
        if name in ("defs", "title"):
            return
        clip = one.get("clip-path")
        if clip:
            self._canvas.saveState()
            self._clip(self._known[clip[4:-1]][0])
        {"g": self.children, "path": self._path, "use": self._use, "text": self._text, "image": self._image}[name](one)
        if clip:
            self._canvas.restoreState()

    def _clip(self, box: Element) -> None:
        path = self._canvas.beginPath()
        path.rect(*(float(box.get(name, 0)) for name in ("x", "y", "width", "height")))
        self._canvas.clipPath(path, stroke=0, fill=0)

    def _path(self, one: Element) -> None:
        self._stroke_and_fill(one.get("d", ""), one.attrib)

    def _use(self, one: Element) -> None:
        used = self._known[one.attrib[_HREF]]
        at = float(one.get("x", 0)), float(one.get("y", 0))
        self._stroke_and_fill(used.get("d", ""), one.attrib | used.attrib, at)

    def _stroke_and_fill(self, data: str, given: Mapping[str, str], at: tuple[float, float] = (0, 0)) -> None:
        if not data:
            return
        fill, stroke = given.get("fill", "#000000"), given.get("stroke", "none")
        alpha = float(given.get("opacity", 1))
        canvas = self._canvas
        canvas.saveState()
        if fill != "none":
            canvas.setFillColor(HexColor(fill))
            _alpha(canvas.setFillAlpha, alpha * float(given.get("fill-opacity", 1)))
        if stroke != "none":
            self._pen(stroke, given)
            _alpha(canvas.setStrokeAlpha, alpha * float(given.get("stroke-opacity", 1)))
        if any(at):
            canvas.translate(*at)
        canvas.drawPath(_traced(data), stroke=stroke != "none", fill=fill != "none")
        canvas.restoreState()

    def _pen(self, colour: str, given: Mapping[str, str]) -> None:
        canvas = self._canvas
        canvas.setStrokeColor(HexColor(colour))
        canvas.setLineWidth(float(given.get("stroke-width", 1)))
        canvas.setLineCap(_CAPS[given.get("stroke-linecap", "butt")])
        join = given.get("stroke-linejoin")
        canvas.setLineJoin(_JOINS[join] if join else self._join)
        if "stroke-dasharray" in given:
            dashes = [float(part) for part in given["stroke-dasharray"].split(",")]
            canvas.setDash(dashes, float(given.get("stroke-dashoffset", 0)))

    def _text(self, one: Element) -> None:
        canvas, told = self._canvas, one.text or ""
        size = float(one.get("font-size", "8px").removesuffix("px"))
        canvas.saveState()
        self._move(one.get("transform", ""))
        canvas.translate(float(one.get("x", 0)), float(one.get("y", 0)))
        canvas.scale(1, -1)
        canvas.setFillColor(HexColor(one.get("fill", "#000000")))
        share = {"start": 0, "middle": 0.5, "end": 1}[one.get("text-anchor", "start")]
        letters.draw(canvas, -share * letters.width(told, style.PLAIN, size), 0, told, style.PLAIN, size)
        canvas.restoreState()

    def _image(self, one: Element) -> None:
        png = base64.b64decode(one.attrib[_HREF].partition(",")[2])
        self._canvas.saveState()
        self._move(one.get("transform", ""))
        width, height = float(one.get("width", 0)), float(one.get("height", 0))
        self._canvas.translate(0, height)
        self._canvas.scale(1, -1)
        self._canvas.drawImage(ImageReader(BytesIO(png)), 0, 0, width, height)
        self._canvas.restoreState()

    def _move(self, transform: str) -> None:
        for name, inside in _TRANSFORM.findall(transform):
            numbers = [float(part) for part in inside.replace(",", " ").split()]
            if name == "translate":
                self._canvas.translate(*numbers)
            elif name == "matrix":
                self._canvas.transform(*numbers)
            elif name == "rotate":
                self._rotate(*numbers)
            else:
                raise ValueError(f"A figure has a transform that a page does not know: {name}.")

    def _rotate(self, degrees: float, x: float = 0, y: float = 0) -> None:
        if not degrees:
            return
        angle = math.radians(degrees)
        self._canvas.translate(x, y)
        self._canvas.transform(math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0, 0)
        self._canvas.translate(-x, -y)


def _alpha(set_alpha: Any, value: float) -> None:
    if value < 1:
        set_alpha(value)


def _traced(data: str) -> PDFPathObject:
    """The same numbers, in the order of PDF: first they, then what they are."""
    return PDFPathObject([f"{numbers.strip()} {_OPERATORS[letter]}" for letter, numbers in _STEP.findall(data)])
