"""What a report is made of: blocks in reading order, which the HTML and the PDF renderer both walk.

Texts are plain; renderers escape them. Pictures and figures are read and drawn when a renderer comes to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from studies.reports.drawings.canvas import Figure
from studies.reports.tables import Table

NBSP = "\u00a0"


@dataclass(frozen=True)
class Cover:
    """The first page. mark: what must not be overlooked, such as a rehearsal; empty where there is nothing."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    mark: str = ""


@dataclass(frozen=True)
class Heading:
    """level: 1 begins a part, and a page;  2 an item or a chapter;  3 is not in the table of contents.

    anchor: unique in the document; letters, digits, hyphens
    """

    text: str
    level: Literal[1, 2, 3]
    anchor: str = ""
    new_page: bool = False


@dataclass(frozen=True)
class Text:
    """A paragraph. kind "caution" stands out; "verdict" is what a part comes to; "small" is an explanation."""

    text: str
    kind: Literal["plain", "small", "caution", "verdict"] = "plain"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names and what they are. code: values are hashes or settings, to be set in a type of equal widths."""

    rows: tuple[tuple[str, str], ...]
    code: bool = False


@dataclass(frozen=True)
class Grid:
    """A table with its number in the document. code: as in Facts"""

    table: Table
    number: int = 0
    code: bool = False


@dataclass(frozen=True)
class Drawing:
    """A figure with its number in the document, and how to read it."""

    figure: Figure
    note: str = ""
    number: int = 0


@dataclass(frozen=True)
class Scale:
    """The colours of a map, from 0 to `maximum`."""

    maximum: float
    unit: str


@dataclass(frozen=True)
class Picture:
    """One image. read: its PNG file;  width, height: in pixels;  alt: for those who cannot see it."""

    caption: str
    alt: str
    read: Callable[[], bytes]
    width: int
    height: int
    scale: Scale | None = None


@dataclass(frozen=True)
class Pictures:
    """Images of one size beside each other."""

    pictures: tuple[Picture, ...]


Block = Cover | Heading | Text | Points | Facts | Grid | Drawing | Pictures

#: A number with what may stand beside it: its sign, unit, interval, or that it is undefined.
_NUMBER = re.compile(r"[<−-]?\s?\d[\d.,\s%±to()\[\]–−:e+p=✓<of-]*|–")


def unbroken(cell: str) -> str:
    """A cell whose “p = 0.05” stays on one line."""
    return cell.replace("p = ", f"p{NBSP}={NBSP}")


def is_number(table: Table, column: int) -> bool:
    """Whether this column of a table holds numbers, which stand below each other; the first never does."""
    return column > 0 and all(_NUMBER.fullmatch(row[column]) for row in table.rows)
