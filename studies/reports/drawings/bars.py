"""A bar for each sample of a pool, with its index below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studies.reports.drawings.canvas import GREY
from studies.reports.drawings.scales import below
from studies.reports.drawings.words import Hold, add_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FULL = 0.39  # half the width of a bar, of the distance between two
LEAST = 12  # places: fewer bars do not grow wider


def boxes(
    axes: Axes,
    corners: Sequence[tuple[float, float, float, float]],
    colours: str | Sequence[str],
    *,
    edge: str = "none",
    width: float = 0,
) -> None:
    """Boxes (left, bottom, right, top) in one shape: axes.bar takes twice the time. Limits of x follow them."""
    from matplotlib.collections import PolyCollection

    outlines = [[(left, bottom), (left, top), (right, top), (right, bottom)] for left, bottom, right, top in corners]
    drawn = PolyCollection(outlines, facecolors=colours, edgecolors=edge, linewidths=width)
    axes.add_collection(drawn, autolim=True)


def sample_bars(
    axes: Axes, samples: Sequence[int], heights: Sequence[float], colours: Sequence[str], *, name: str
) -> None:
    """Bars from the left, in one shape. name: of the scale below"""
    drawn = [(place - FULL, 0.0, place + FULL, height) for place, height in enumerate(heights)]
    boxes(axes, drawn, colours, edge=GREY, width=0.5)
    axes.set_xlim(-0.7, max(len(samples), LEAST) - 0.3)
    upright = len(samples) > 24
    size = 7 if len(samples) <= 36 else 5.5
    words = [(float(place), -0.025, str(sample)) for place, sample in enumerate(samples)]
    hold: Hold = "upright" if upright else "below"
    add_words(axes, words, hold, transform=axes.get_xaxis_transform(), size=size)
    below(axes, [], name=name, lower=9 if upright else 3)
