"""A metric of the ensemble beside what averaging alone gives: the same number of random samples, many times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studies.reports.drawings.bars import boxes
from studies.reports.drawings.canvas import BLUE, GREEN, GREY, INK, ORANGE, PALE, RED, Figure, Margins, Row, in_words
from studies.reports.drawings.scales import below, beside, steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Told apart by form as well as by colour.
MARKS = ((RED, "D"), (BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (INK, "v"), (GREY, "P"))


@dataclass(frozen=True)
class Mark:
    """A picture and its value, such as the ensemble, the mean of all samples, bicubic."""

    label: str
    value: float


def control_band(
    name: str, title: str, draws: Sequence[float], marks: Sequence[Mark], *, unit: str, digits: int = 2
) -> Figure:
    """draws: the metric of each random selection;  marks: at most six, the voted ensemble first;  unit: as a label

    The band holds the middle 95 % of the draws.
    """
    defined = [value for value in draws if math.isfinite(value)]
    named = [*((one.label, one.value) for one in marks), *(("random selection", value) for value in draws)]
    rows: tuple[Row, ...] = tuple({"kind": kind, "value": value} for kind, value in named)
    if not defined:
        return in_words(name, title, "There is no random control to compare with yet.", rows)
    low, high = np.quantile(defined, [0.025, 0.975])
    shown = [(one, *look) for one, look in zip(marks, MARKS, strict=False) if math.isfinite(one.value)]

    def paint(axes: Axes) -> None:
        counts, edges = _histogram(defined, [one.value for one, *_ in shown])
        top = max(counts)
        band = f"middle 95 % of {len(defined)} random selections"
        axes.axvspan(low, high, color=PALE, alpha=0.45, lw=0, label=band)
        bars = [(start, 0.0, end, count) for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True)]
        boxes(axes, bars, "#b8b8b8", edge="white", width=0.4)
        for place, (one, colour, form) in enumerate(shown):
            heavy = 1.8 if place == 0 else 1.0
            axes.plot([one.value] * 2, [0, 1.12 * top], color=colour, lw=heavy)
            axes.plot(
                one.value,
                1.12 * top,
                form,
                color=colour,
                ms=6,
                label=f"{one.label} {one.value:.{digits}f}",
                clip_on=False,
            )
        axes.set_ylim(0, 1.2 * top)
        axes.margins(x=0.03)
        below(axes, steps(axes.get_xlim(), most=8), name=unit)
        beside(axes, steps(axes.get_ylim(), most=5, whole=True, fewest=1), name="random selections")
        band_first = axes.get_legend_handles_labels()[0]
        axes.legend(
            handles=[*band_first[1:], band_first[0]],
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=3,
            borderaxespad=0.2,
            fontsize=7,
        )

    lines = math.ceil((len(shown) + 1) / 3)
    return Figure(
        name, title, rows, paint, height=2.1 + 0.16 * lines, margins=Margins(0.5, 0.2, 0.1 + 0.17 * lines, 0.45)
    )


def _histogram(draws: list[float], others: list[float]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers and edges; draws that are all alike are one narrow bar around their value."""
    spread = max(draws) - min(draws)
    if spread > 1e-9 * max(map(abs, draws)):
        return np.histogram(draws, bins=min(24, max(6, len(draws) // 8)))
    half = 0.01 * (max(abs(value - draws[0]) for value in [*others, draws[0]]) or 1)
    return np.array([len(draws)]), np.array([draws[0] - half, draws[0] + half])
