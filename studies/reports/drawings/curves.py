"""How a figure settles as people join in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies.reports.drawings.canvas import BLUE, SKY, Figure, Margins, in_words
from studies.reports.drawings.scales import below, beside, steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def convergence(
    name: str,
    title: str,
    participants: Sequence[int],
    middle: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    unit: str,
    what: str = "mean",
    reason: str = "There are too few ballots to show how the picture settles.",
) -> Figure:
    """middle, low, high: by number of participants, over random orders of them;  unit: what is measured, as a label

    what: the middle is, "mean" or "median"

    Undefined steps (nan) are left blank.
    """
    rows = tuple(
        {"participants": people, what: m, "low": lo, "high": hi}
        for people, m, lo, hi in zip(participants, middle, low, high, strict=True)
    )
    if not any(map(math.isfinite, middle)):
        return in_words(name, title, reason, rows)

    def paint(axes: Axes) -> None:
        axes.fill_between(participants, low, high, color=SKY, alpha=0.4, lw=0, label="95 % of random orders")
        axes.plot(
            participants, middle, color=BLUE, lw=1.5, marker="o", ms=2.5 if len(participants) < 60 else 0, label=what
        )
        axes.set_xlim(min(participants) - 0.5, max(participants) + 0.5)
        people = steps(axes.get_xlim(), most=10, whole=True, fewest=1)
        below(axes, people, name="participants", grid=True)
        beside(axes, steps(axes.get_ylim(), most=5), name=unit, grid=True)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2, fontsize=7)

    return Figure(name, title, rows, paint, height=2.45, margins=Margins(left=0.6, top=0.27, bottom=0.45))
