"""What a reader sees in a drawing: its words, and shapes of a colour."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

from studies.reports.drawings.canvas import Figure

SVG = "{http://www.w3.org/2000/svg}"


def parsed(figure: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(figure.svg)


def words(figure: Figure) -> list[str]:
    """Every text of the drawing, in its order."""
    return ["".join(text.itertext()).strip() for text in parsed(figure).iter(f"{SVG}text")]


def shapes(figure: Figure, colour: str) -> int:
    """Closed shapes filled with this colour, whether drawn in place or used from definitions."""
    return sum(one.get("fill") == colour for one in parsed(figure).iter() if one.tag in (f"{SVG}path", f"{SVG}use"))


def table(figure: Figure) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(figure.csv)))
