"""How often each sample would have been chosen by other people like those who voted."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from studies.reports.drawings.bars import sample_bars
from studies.reports.drawings.canvas import BLUE, GREY, PALE, Figure, Margins, in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 40


def inclusion(
    name: str,
    title: str,
    probabilities: Sequence[float],
    *,
    chosen: Collection[int],
    reason: str = "There are no ballots to draw anew.",
) -> Figure:
    """probabilities: by sample, share of bootstrap resamples whose selection has it. The 40 highest are drawn."""
    rows = tuple(
        {"sample": index, "inclusion": value, "chosen": index in chosen} for index, value in enumerate(probabilities)
    )
    likely = [index for index, value in enumerate(probabilities) if math.isfinite(value) and value > 0]
    drawn = sorted(likely, key=lambda index: (-probabilities[index], index not in chosen, index))[:MOST]
    if not drawn:
        return in_words(name, title, reason, rows)

    def paint(axes: Axes) -> None:
        from matplotlib.patches import Patch

        heights = [probabilities[index] for index in drawn]
        colours = [BLUE if index in chosen else PALE for index in drawn]
        sample_bars(axes, drawn, heights, colours)
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.set_ylabel("of resamples")
        axes.set_xlabel(f"sample · {len(likely)} of {len(probabilities)} were ever chosen")
        marks = [Patch(facecolor=colour, edgecolor=GREY, lw=0.5) for colour in (BLUE, PALE)]
        axes.legend(marks, ["chosen", "not chosen"], loc="upper right", fontsize=7)

    return Figure(name, title, rows, paint, height=2.1, margins=Margins(left=0.7, bottom=0.5))
