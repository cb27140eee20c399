"""A bar for each sample of a pool, with its index below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies.reports.drawings.canvas import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FULL = 0.39  # half the width of a bar, of the distance between two
LEAST = 12  # places: fewer bars do not grow wider


def sample_bars(axes: Axes, samples: Sequence[int], heights: Sequence[float], colours: Sequence[str]) -> None:
    """Bars from the left; one shape and plain texts instead of axes.bar and ticks, which take twice the time."""
    from matplotlib.collections import PolyCollection

    corners = [
        [(place - FULL, 0), (place - FULL, height), (place + FULL, height), (place + FULL, 0)]
        for place, height in enumerate(heights)
    ]
    axes.add_collection(PolyCollection(corners, facecolors=colours, edgecolors=GREY, linewidths=0.5), autolim=False)
    axes.set_xlim(-0.7, max(len(samples), LEAST) - 0.3)
    axes.set_xticks([])
    upright = len(samples) > 24
    size = 7 if len(samples) <= 36 else 5.5
    below = axes.get_xaxis_transform()
    for place, sample in enumerate(samples):
        turn = 90 if upright else 0
        axes.text(place, -0.025, str(sample), ha="center", va="top", fontsize=size, transform=below, rotation=turn)
    axes.xaxis.labelpad = 19 if upright else 13
    axes.grid(axis="y")
