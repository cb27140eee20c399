"""Scales at the edges of a drawing, in lines and words of its own: matplotlib's axes take most of a drawing's time.

Called last, when the limits of the axes are what they shall be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies.reports.drawings.canvas import GREY, INK, PALE
from studies.reports.drawings.words import add_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARK, GAP = 3.5, 3.5  # points: of the mark at a number, and between it and the number
LINE, GRID = 0.6, 0.5  # points: widths
LETTERS = 11  # points that a line of letters takes
NAME = 5  # points from the left edge of the drawing to the name of y
UNDER = 2.6  # drawn before the words of a drawing itself

#: Of a share, as numbers and as words.
QUARTERS = (0, 0.25, 0.5, 0.75, 1), ("0 %", "25 %", "50 %", "75 %", "100 %")

Line = tuple[tuple[float, float], tuple[float, float]]


def steps(limits: tuple[float, float], *, most: int, whole: bool = False, fewest: int = 2) -> list[float]:
    """Round numbers within the limits, about as many as asked."""
    from matplotlib.ticker import MaxNLocator

    ways = (1, 2, 5, 10) if whole else (1, 2, 2.5, 5, 10)
    found = MaxNLocator(nbins=most, steps=ways, integer=whole, min_n_ticks=fewest).tick_values(*limits)
    room = 1e-9 * (limits[1] - limits[0])
    return [float(value) for value in found if limits[0] - room <= value <= limits[1] + room]


def numbers(values: Sequence[float]) -> list[str]:
    """As words, with as many digits as tell them apart."""
    digits = next((d for d in range(8) if all(abs(round(value, d) - value) < 10.0 ** -(d + 4) for value in values)), 8)
    return [f"{value + 0.0:.{digits}f}".replace("-", "−") for value in values]


def below(
    axes: Axes,
    values: Sequence[float],
    words: Sequence[str] | None = None,
    *,
    name: str = "",
    grid: bool = False,
    lower: float = 0,
) -> None:
    """The scale of x. name: what it is of, `lower` points further below where other words stand between"""
    _, high = _points(axes)
    at = _shares(values, axes.get_xlim())
    shown = numbers(values) if words is None else words
    _lines(axes, [((0, 0), (1, 0))], GREY, LINE, UNDER)
    _lines(axes, [((x, 0), (x, -MARK / high)) for x in at], INK, LINE, UNDER)
    if grid:
        _lines(axes, [((x, 0), (x, 1)) for x in at], PALE, GRID, 0.5)
    drop = -(MARK + GAP) / high
    words_at = [(x, drop, word) for x, word in zip(at, shown, strict=True)]
    add_words(axes, words_at, "below", transform=axes.transAxes, order=UNDER)
    if name:
        rows = max((word.count("\n") + 1 for word in shown), default=0)
        _name(axes, 0.5, -(MARK + GAP + LETTERS * rows + 3 + lower) / high, name, ha="center", va="top")


def beside(
    axes: Axes, values: Sequence[float], words: Sequence[str] | None = None, *, name: str = "", grid: bool = False
) -> None:
    """The scale of y, with its name at the left edge of the drawing."""
    wide, _ = _points(axes)
    at = _shares(values, axes.get_ylim())
    _lines(axes, [((0, 0), (0, 1))], GREY, LINE, UNDER)
    _lines(axes, [((-MARK / wide, y), (0, y)) for y in at], INK, LINE, UNDER)
    if grid:
        _lines(axes, [((0, y), (1, y)) for y in at], PALE, GRID, 0.5)
    shown = numbers(values) if words is None else words
    words_at = [(-(MARK + GAP) / wide, y, word) for y, word in zip(at, shown, strict=True)]
    add_words(axes, words_at, "left", transform=axes.transAxes, order=UNDER)
    if name:
        box = axes.get_position()
        _name(axes, NAME / wide - box.x0 / box.width, 0.5, name, ha="left", va="center", turn=90)


def _points(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes."""
    box, sheet = axes.get_position(), axes.get_figure(root=True)
    assert sheet is not None
    return 72 * box.width * sheet.get_figwidth(), 72 * box.height * sheet.get_figheight()


def _shares(values: Sequence[float], limits: tuple[float, float]) -> list[float]:
    start, end = limits
    return [(value - start) / (end - start) for value in values]


def _lines(axes: Axes, lines: Sequence[Line], colour: str, width: float, order: float) -> None:
    from matplotlib.collections import LineCollection

    made = LineCollection(lines, colors=colour, linewidths=width, transform=axes.transAxes, zorder=order)
    made.set_clip_on(False)
    axes.add_collection(made, autolim=False)


def _name(axes: Axes, x: float, y: float, word: str, *, ha: str, va: str, turn: float = 0) -> None:
    axes.text(x, y, word, ha=ha, va=va, rotation=turn, transform=axes.transAxes, zorder=UNDER)
