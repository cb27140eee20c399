"""How often each sample would have been chosen by other people like those who voted."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from studies.reports.drawings.bars import sample_bars
from studies.reports.drawings.canvas import BLUE, GREY, PALE, Figure, Margins, in_words
from studies.reports.drawings.scales import QUARTERS, beside

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
        name = f"sample · {len(likely)} of {len(probabilities)} were ever chosen"
        sample_bars(axes, drawn, heights, colours, name=name)
        axes.set_ylim(0, 1)
        beside(axes, *QUARTERS, name="of resamples", grid=True)
        marks = [Patch(facecolor=colour, edgecolor=GREY, lw=0.5) for colour in (BLUE, PALE)]
        place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2, "borderaxespad": 0.2}
        axes.legend(marks, ["chosen", "not chosen"], fontsize=7, **place)

    return Figure(name, title, rows, paint, height=2.25, margins=Margins(left=0.7, top=0.27, bottom=0.5))
