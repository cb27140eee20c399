"""Short words of one size, set at once: numbers of scales and of samples are most of what a drawing says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from studies.reports.drawings.canvas import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

Hold = Literal["below", "left", "upright"]
Placed = tuple[float, float, str]


def add_words(
    axes: Axes, words: Sequence[Placed], hold: Hold, *, transform: Transform, size: float = 8, order: float = 3
) -> None:
    """words: (x, y, text), lines parted by line breaks. hold: how they are held by that point.

    "below": they hang from it, in its middle;  "left": they end at it, at its height;  "upright": they are read
    upwards and end below it. matplotlib's own texts look alike, and take three times as long.
    """
    made = _kind()(words, hold, transform, size)
    made.set_zorder(order)
    made.set_clip_on(False)
    axes.add_artist(made)


@cache
def _kind() -> Any:
    """The class, made once, as matplotlib is imported by what draws alone."""
    from matplotlib.artist import Artist
    from matplotlib.font_manager import FontProperties

    class Words(Artist):
        def __init__(self, words: Sequence[Placed], hold: Hold, transform: Transform, size: float) -> None:
            super().__init__()
            self._words, self._hold, self._at, self._size = words, hold, transform, size

        def draw(self, renderer: Any) -> None:
            pen, look = renderer.new_gc(), FontProperties(size=self._size)
            pen.set_foreground(INK)
            scale, (_, top) = renderer.points_to_pixels(1.0), renderer.get_canvas_width_height()
            for x, y, text in self._words:
                left, base = self._at.transform((x, y))
                for number, line in enumerate(text.split("\n")):
                    dx, dy = _start(line, self._size, self._hold, number)
                    height = top - base - scale * dy if renderer.flipy() else base + scale * dy
                    angle = 90 if self._hold == "upright" else 0
                    renderer.draw_text(pen, left + scale * dx, height, line, look, angle)
            pen.restore()

    return Words


@lru_cache(maxsize=5000)
def _start(line: str, size: float, hold: Hold, number: int) -> tuple[float, float]:
    """Where the base line of the `number`-th line begins, in points from the point that holds it."""
    wide, (high, deep) = _width(line, size), _line(size)
    if hold == "upright":
        return (high - deep) / 2, -wide
    if hold == "left":
        return -wide, -(high - deep) / 2
    return -wide / 2, -(high - deep) - 1.2 * high * number


def _width(line: str, size: float) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    wide, _, _ = text_to_path.get_text_width_height_descent(line, FontProperties(size=size), ismath=False)
    return float(wide)


@lru_cache(maxsize=10)
def _line(size: float) -> tuple[float, float]:
    """Height of a line, and how much of it is below its base."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    _, high, deep = text_to_path.get_text_width_height_descent("lp", FontProperties(size=size), ismath=False)
    return float(high), float(deep)
