"""The tally of a pool: votes of each sample, what chance explains, and where the selection was cut."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from studies.reports.drawings.bars import sample_bars
from studies.reports.drawings.canvas import BLUE, GREY, INK, ORANGE, PALE, RED, Figure, Margins, in_words
from studies.reports.drawings.scales import beside, steps

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

DOTTED, DASHED = (0, (1, 1.5)), (0, (5, 2))
MOST = 60  # bars: more would be too thin to be told apart


def votes(
    name: str,
    title: str,
    counts: Sequence[int],
    *,
    chosen: Collection[int],
    tied: Collection[int] = (),
    threshold: float = math.nan,
) -> Figure:
    """counts: votes by sample;  chosen, tied: the selection, and the group that its cut divided, by index

    threshold: votes that picking at random hardly ever gives, nan where undefined. Samples with most votes come
    first; at most 60 are drawn, and all are in the rows.
    """
    order = sorted(range(len(counts)), key=lambda index: (-counts[index], index not in chosen, index))
    rows = tuple(
        {
            "sample": index,
            "votes": counts[index],
            "chosen": index in chosen,
            "tied_at_cut": index in tied,
            "chance_threshold": threshold,
        }
        for index in order
    )
    if not any(counts):
        return in_words(name, title, "No sample has a vote yet.", rows)
    drawn = [index for index in order if counts[index] > 0][:MOST]

    def paint(axes: Axes) -> None:
        colours = [BLUE if index in chosen else ORANGE if index in tied else PALE for index in drawn]
        heights = [counts[index] for index in drawn]
        sample_bars(axes, drawn, heights, colours, name=_below(len(drawn), order, counts))
        axes.set_ylim(0, 1.08 * max(counts))
        _threshold(axes, threshold)
        beside(axes, steps(axes.get_ylim(), most=5, whole=True), name="votes", grid=True)
        cut = sum(index in chosen for index in drawn)
        if divided := 0 < cut < len(drawn):
            axes.axvline(cut - 0.5, color=INK, lw=1, ls=DOTTED)
        _legend(axes, set(colours), cut=divided, threshold=math.isfinite(threshold))

    return Figure(name, title, rows, paint, height=2.3, margins=Margins(left=0.5, top=0.36, bottom=0.5))


def _threshold(axes: Axes, threshold: float) -> None:
    if math.isfinite(threshold):
        axes.set_ylim(0, max(axes.get_ylim()[1], 1.08 * threshold))
        axes.axhline(threshold, color=RED, lw=1.1, ls=DASHED)


def _legend(axes: Axes, colours: Collection[str], *, cut: bool, threshold: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    named = {BLUE: "chosen", ORANGE: "tied at the cut, left out", PALE: "not chosen"}
    marks: list[Artist] = [
        Patch(fc=colour, ec=GREY, lw=0.5, label=label) for colour, label in named.items() if colour in colours
    ]
    marks += [Line2D([], [], color=INK, lw=1, ls=DOTTED, label="cut")] if cut else []
    marks += [Line2D([], [], color=RED, lw=1.1, ls=DASHED, label="more than chance from here")] if threshold else []
    axes.legend(handles=marks, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(marks), borderaxespad=0.2, fontsize=7)


def _below(drawn: int, order: list[int], counts: Sequence[int]) -> str:
    silent = sum(count == 0 for count in counts)
    more = len(order) - silent - drawn
    told = ["sample"]
    told += [f"{more} more with votes are not drawn"] if more else []
    told += [f"{silent} of {len(counts)} have no vote"] if silent else []
    return " · ".join(told)
