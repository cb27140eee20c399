"""A number for every pixel as a picture, such as the spread of samples or the LR residual, with a scale in numbers."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.reports.colours import colour_map
from studies.reports.drawings.canvas import LETTER, Figure, Margins, in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE = 3.0  # inches, of the longer side
LEAST, MOST = 512, 640  # pixels of the longer side: fewer are repeated, so that no viewer smooths them; more averaged


def image_map(name: str, title: str, values: ArrayLike, *, unit: str, maximum: float | None = None) -> Figure:
    """values: (H, W), 0 or more, nan = undefined (drawn white);  unit: as a label, such as "8-bit levels"

    maximum: of the scale, or the largest value; give the same to maps that are compared. Beyond it the colour stays.
    Maps of more than 640 pixels are drawn as means of blocks.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"A map is one number for every pixel, not an array of shape {table.shape}.")
    given = table[np.isfinite(table)]
    if not given.size:
        return in_words(name, title, "The map is undefined.")
    top = float(given.max()) if maximum is None else maximum
    rows = ({"minimum": float(given.min()), "mean": float(given.mean()), "maximum": float(given.max()), "scale": top},)
    height, width = table.shape
    wide, high = SIDE * min(1, width / height), SIDE * min(1, height / width)
    caption = textwrap.wrap(unit, int((wide + 0.8) / LETTER))

    def paint(axes: Axes) -> None:
        axes.imshow(_picture(table, top), interpolation="none", aspect="auto")
        _scale(axes.inset_axes((1 + 0.12 / wide, 0, 0.16 / wide, 1)), top)
        axes.annotate(
            "\n".join(caption), (0, 0), (0, -4), "axes fraction", "offset points", va="top", annotation_clip=False
        )

    margins = Margins(0.05, 0.8, 0.1, 0.1 + 0.16 * len(caption))
    return Figure(name, title, rows, paint, wide + 0.85, high + 0.2 + 0.16 * len(caption), margins)


def _scale(axes: Axes, top: float) -> None:
    levels = np.linspace(top, 0, 256)[:, None]
    axes.imshow(colour_map(levels, maximum=top), extent=(0, 1, 0, top or 1), aspect="auto", interpolation="none")
    axes.set_xticks([])
    axes.yaxis.tick_right()
    if not top:
        axes.set_yticks([0], ["0"])
    for spine in axes.spines.values():
        spine.set_visible(True)


def _picture(table: NDArray[np.float64], top: float) -> NDArray[np.uint8]:
    if (step := math.ceil(max(table.shape) / MOST)) > 1:
        table = _block_means(table, step)
    picture = colour_map(np.nan_to_num(table), maximum=top)
    picture[~np.isfinite(table)] = 255
    times = math.ceil(LEAST / max(table.shape))
    return picture if times == 1 else np.kron(picture, np.ones((times, times, 1), dtype=np.uint8))


def _block_means(table: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """Means of step x step blocks; what is left over at the right and below joins the blocks it begins."""
    rows, columns = (np.arange(0, side, step) for side in table.shape)
    sums = np.add.reduceat(np.add.reduceat(table, rows, axis=0), columns, axis=1)
    sizes = np.outer(np.diff([*rows, table.shape[0]]), np.diff([*columns, table.shape[1]]))
    return sums / sizes
