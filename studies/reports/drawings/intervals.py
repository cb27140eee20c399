"""Numbers with their intervals, one line each: opinion scores of methods, and shares of labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.reports.drawings.bars import boxes
from studies.reports.drawings.canvas import (
    BLUE,
    GREY,
    INK,
    SKY,
    Figure,
    Margins,
    Row,
    in_words,
    room_for,
    short,
)
from studies.reports.drawings.scales import QUARTERS, below

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.24  # inches
ACR = ("Bad", "Poor", "Fair", "Good", "Excellent")


@dataclass(frozen=True)
class Point:
    """A number with its limits, nan where undefined. count: observations behind it, of `total` where it is a share"""

    label: str
    value: float
    low: float
    high: float
    count: int
    total: int = 0


def opinion_scores(name: str, title: str, points: Sequence[Point], *, words: Sequence[str] = ACR) -> Figure:
    """Mean opinion scores from 1 to the number of words, in the order given, first on top. count: ratings"""
    rows: tuple[Row, ...] = tuple(
        {"method": one.label, "score": one.value, "low": one.low, "high": one.high, "ratings": one.count}
        for one in points
    )

    def paint(axes: Axes) -> None:
        axes.set_xlim(0.9, len(words) + 0.1)
        _lines(axes, points)
        for y, one in _defined(points):
            axes.plot([one.low, one.high], [y, y], color=BLUE, lw=1.4, solid_capstyle="butt")
            axes.plot(one.value, y, "o", color=BLUE, ms=4.5)
            axes.annotate(f"{one.value:.2f}", (5.12, y), va="center_baseline", annotation_clip=False)
        scores = range(1, len(words) + 1)
        below(axes, scores, [f"{score}\n{word}" for score, word in zip(scores, words, strict=True)], grid=True)

    return _figure(name, title, rows, points, paint, "There are no ratings yet.", right=0.55)


def label_shares(name: str, title: str, points: Sequence[Point]) -> Figure:
    """Shares of perceived labels with Wilson intervals. count: ballots with this label, of `total`"""
    rows: tuple[Row, ...] = tuple(
        {
            "label": one.label,
            "ballots": one.count,
            "of": one.total,
            "share": one.value,
            "low": one.low,
            "high": one.high,
        }
        for one in points
    )

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 1)
        _lines(axes, points)
        for y, one in _defined(points):
            boxes(axes, [(0, y - 0.275, one.value, y + 0.275)], SKY)
            axes.plot([one.low, one.high], [y, y], color=INK, lw=1.2, solid_capstyle="butt")
            for end in (one.low, one.high):
                axes.plot([end, end], [y - 0.14, y + 0.14], color=INK, lw=1.2)
            told = f"{one.count} of {one.total}, {_percent(one.value)} ({_percent(one.low)} to {_percent(one.high)})"
            axes.annotate(told, (1.02, y), va="center_baseline", annotation_clip=False)
        below(axes, *QUARTERS, grid=True)

    return _figure(name, title, rows, points, paint, "There are no ballots yet.", right=2.0)


def _figure(
    name: str, title: str, rows: tuple[Row, ...], points: Sequence[Point], paint, reason: str, *, right: float
) -> Figure:
    if not any(_defined(points)):
        return in_words(name, title, reason, rows)
    margins = Margins(left=room_for(*(one.label for one in points)), right=right, bottom=0.42)
    return Figure(name, title, rows, paint, height=ROW * len(points) + 0.6, margins=margins)


def _lines(axes: Axes, points: Sequence[Point]) -> None:
    axes.set_ylim(len(points) - 0.5, -0.5)
    for y, one in enumerate(points):
        axes.annotate(
            short(one.label), (0, y), (-7, 0), ("axes fraction", "data"), textcoords="offset points", ha="right",
            va="center_baseline", annotation_clip=False,
        )  # fmt: skip
        if not math.isfinite(one.value):
            axes.text(0.02, y, "undefined", va="center_baseline", color=GREY, transform=axes.get_yaxis_transform())


def _defined(points: Sequence[Point]) -> list[tuple[int, Point]]:
    return [(y, one) for y, one in enumerate(points) if math.isfinite(one.value)]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
