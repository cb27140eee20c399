"""What all drawings share: the figure that is handed out, its style, its sizes, and numbers as words.

Printed on A4 and shown as white cards on dark pages. The same input gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from studies.exports.cells import cell
from studies.reports.drawings.vector import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

#: Okabe and Ito's colours (2008), told apart by colour-blind people and, in this order, in grey.
BLUE, ORANGE, GREEN, RED, SKY, INK, GREY, PALE = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#222222", "#767676", "#d9d9d9",
)  # fmt: skip
WIDTH = 6.7  # inches, of a text column on A4
DOTS = 200  # per inch, in PNG
LETTER = 0.068  # inches, of one letter on average
LONGEST = 34  # letters of a name
WIDE = 1.7  # letters that one as wide as high counts for

FONT = "DejaVu Sans"  # `vector` names more
#: For what it lacks, in PNG, where the machine has one of them.
OTHERS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "WenQuanYi Zen Hei", "Noto Sans Devanagari")

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "trustsr",
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "text.color": INK,
    "grid.color": PALE,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "hatch.linewidth": 0.6,
    "path.simplify": True,
}

Row = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True)
class Margins:
    """Inches around the axes."""

    left: float = 0.6
    right: float = 0.2
    top: float = 0.12
    bottom: float = 0.45


@dataclass(frozen=True)
class Figure:
    """One figure: `svg` to put into a page or a file, `png` for where vectors are no use, `rows` and `csv` to compute.

    name: of its files, and what its ids begin with: letters, digits, hyphens;  title: what it shows, in words
    Pictures are drawn when they are asked for, once.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    paint: Callable[[Axes], None] = field(repr=False, compare=False)
    width: float = WIDTH
    height: float = 2.4
    margins: Margins = Margins()

    @cached_property
    def svg(self) -> str:
        """Without declaration, scripts, styles or ids of others; text as text."""
        file = io.StringIO()
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        self._draw(lambda sheet: sheet.savefig(file, format="svg", metadata=metadata))
        return plain(file.getvalue(), self.name, self.title)

    @cached_property
    def png(self) -> bytes:
        file = io.BytesIO()
        plainly: dict[str, Any] = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 4}}
        self._draw(lambda sheet: sheet.savefig(file, format="png", dpi=DOTS, **plainly), _fonts())
        return file.getvalue()

    @property
    def csv(self) -> str:
        """The rows with a header, numbers in full, undefined ones as nothing, and nothing that a spreadsheet runs."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(self.rows[0] if self.rows else ())
        for row in self.rows:
            writer.writerow(cell(None if _undefined(value) else value) for value in row.values())
        return file.getvalue()

    def _draw(self, save: Callable[[Sheet], None], fonts: Sequence[str] = (FONT,)) -> None:
        import matplotlib
        from matplotlib.figure import Figure as NewSheet

        with matplotlib.rc_context(STYLE | {"font.sans-serif": list(fonts)}), warnings.catch_warnings():
            # Letters stay letters in SVG, for whoever shows it to find a font; in PNG they are boxes.
            warnings.filterwarnings("ignore", r"Glyph .* missing from font")
            sheet = NewSheet(figsize=(self.width, self.height))
            around, across, up = self.margins, self.width, self.height
            box = (1 - (around.left + around.right) / across, 1 - (around.top + around.bottom) / up)
            axes = sheet.add_axes((around.left / across, around.bottom / up, *box))
            axes.set_axis_off()  # scales are drawn by `scales`
            self.paint(axes)
            save(sheet)


@cache
def _fonts() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return (FONT, *(name for name in OTHERS if name in known))


def in_words(name: str, title: str, reason: str, rows: tuple[Row, ...] = ()) -> Figure:
    """A figure that cannot be drawn says why."""

    def paint(axes: Axes) -> None:
        axes.text(0.5, 0.5, reason, ha="center", va="center", color=GREY, wrap=True, transform=axes.transAxes)

    return Figure(name, title, rows, paint, height=0.8, margins=Margins(0.1, 0.1, 0.1, 0.1))


def short(name: str, longest: int = LONGEST) -> str:
    """A name that fits beside a figure; its rows have it whole. What means a formula to matplotlib is kept plain."""
    text = "".join(letter if letter.isprintable() else " " for letter in name)
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return text.replace("$", r"\$")


def room_for(*names: str) -> float:
    """Inches that the longest of these names needs at the side."""
    return 0.2 + LETTER * max((_letters(short(name)) for name in names), default=0)


def _letters(text: str) -> float:
    """How many letters of average width; Chinese, Japanese and Korean ones are as wide as high."""
    return sum(WIDE if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _undefined(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
