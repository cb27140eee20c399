"""Mean ranks of methods on a line, with bars over those that Nemenyi's test does not tell apart (Demsar, 2006)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies.aggregation.comparison import MeanRanks
from studies.reports.drawings.canvas import (
    BLUE,
    INK,
    LONGEST,
    RED,
    WIDTH,
    Figure,
    Margins,
    Row,
    in_words,
    room_for,
    short,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW, BAR = 0.19, 0.11  # inches, of a name and of a bar
RANK = 6  # letters
LEAST = 2.0  # inches, of the line; what is left is for the names on both sides of it
ABOVE = 0.62  # inches, of the scale and the critical difference


def critical_difference(name: str, title: str, methods: Sequence[str], ranks: MeanRanks) -> Figure:
    """methods: names, in the order of `ranks`. The best is at the left, as rank 1; what has no rank is left out."""
    ranked = [place for place, rank in enumerate(ranks.ranks) if math.isfinite(rank)]
    order = sorted(ranked, key=lambda place: (ranks.ranks[place], place))
    rows: tuple[Row, ...] = tuple(
        {
            "method": methods[place],
            "mean_rank": ranks.ranks[place],
            "groups": " ".join(str(number) for number, group in enumerate(ranks.groups, start=1) if place in group),
            "critical_difference": ranks.critical,
            "images": ranks.count,
        }
        for place in order
    )
    if not rows:
        return in_words(name, title, ranks.reason)
    at = [ranks.ranks[place] for place in order]
    half = (len(order) + 1) // 2
    labels = _labels([methods[place] for place in order], at, half)
    below = 0.12 + BAR * len(ranks.groups) + ROW * half + 0.1

    def paint(axes: Axes) -> None:
        _scale(axes, len(order), ranks, below)
        for number, group in enumerate(ranks.groups):
            ends = [ranks.ranks[place] for place in group]
            y = -0.14 - BAR * number
            axes.plot([min(ends) - 0.03, max(ends) + 0.03], [y, y], color=RED, lw=3.5, solid_capstyle="butt")
        start = -0.12 - BAR * len(ranks.groups)
        for number, (rank, label) in enumerate(zip(at, labels, strict=True)):
            left = number < half
            y = start - ROW * ((number if left else len(order) - 1 - number) + 0.6)
            edge = 1 if left else len(order)
            axes.plot([rank, rank, edge], [0, y, y], color=BLUE, lw=0.8, clip_on=False)
            aside = (-4, 0) if left else (4, 0)
            axes.annotate(
                label, (edge, y), aside, textcoords="offset points", ha="right" if left else "left", va="center"
            )

    margins = Margins(room_for(*labels[:half]), room_for(*labels[half:]), 0.05, 0.05)
    return Figure(name, title, rows, paint, height=ABOVE + below + 0.1, margins=margins)


def _labels(names: list[str], at: list[float], half: int) -> list[str]:
    """Names with their ranks, as long as there is room on both sides."""
    for longest in range(LONGEST - RANK, 8, -1):
        found = [f"{short(name, longest)}  {rank:.2f}" for name, rank in zip(names, at, strict=True)]
        if room_for(*found[:half]) + room_for(*found[half:]) <= WIDTH - LEAST:
            break
    return found


def _scale(axes: Axes, k: int, ranks: MeanRanks, below: float) -> None:
    axes.set_xlim(1, k)
    axes.set_ylim(-below, ABOVE)
    axes.plot([1, k], [0, 0], color=INK, lw=0.9, clip_on=False)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [0, 0.06], color=INK, lw=0.9, clip_on=False)
        axes.text(rank, 0.1, str(rank), ha="center", va="bottom")
    end = 1 + ranks.critical
    axes.plot([1, 1, 1, end, end, end], [0.36, 0.44, 0.4, 0.4, 0.44, 0.36], color=RED, lw=1.2, clip_on=False)
    axes.text(1, 0.48, f"critical difference {ranks.critical:.2f}", ha="left", va="bottom", color=RED)
