"""The figure of an evaluation: best of n, consistency against diversity, and the calibration of label shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.evaluation import EvaluationError
from inference.evaluation.drawing import Drawing, Point

# Okabe and Ito's colours, which people with any colour vision can tell apart, without their yellow.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
SIDE, LEFT, TOP, BETWEEN, LEGEND = 220, 60, 34, 80, 22
NTIRE_GOAL = 45.0  # dB of LR consistency
FAINT, AXIS = "#dddddd", "#888888"


@dataclass(frozen=True)
class Panel:
    """A square with its axes; ``place`` turns values into places on the paper."""

    drawing: Drawing
    left: float
    across: tuple[float, float]
    up: tuple[float, float]
    logarithmic: bool = False

    def place(self, x: float, y: float) -> Point:
        turned: Callable[[float], float] = math.log if self.logarithmic else float
        low, high = (turned(value) for value in self.across)
        right = (turned(x) - low) / (high - low)
        return self.left + SIDE * right, TOP + SIDE * (1 - (y - self.up[0]) / (self.up[1] - self.up[0]))

    def axes(self, title: str, below: str, ticks: tuple[Sequence[float], Sequence[float]]) -> None:
        for x in ticks[0]:
            self.drawing.line([self.place(x, self.up[0]), self.place(x, self.up[1])], FAINT, 1)
            across, down = self.place(x, self.up[0])
            self.drawing.words((across, down + 12), f"{x:g}", anchor="middle")
        for y in ticks[1]:
            self.drawing.line([self.place(self.across[0], y), self.place(self.across[1], y)], FAINT, 1)
            across, down = self.place(self.across[0], y)
            self.drawing.words((across - 6, down), f"{y:.4g}", anchor="end")
        corners = [(self.across[a], self.up[b]) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        self.drawing.line([self.place(*corner) for corner in corners], AXIS, 1)
        self.drawing.words((self.left, TOP - 14), title, "#000000")
        self.drawing.words((self.left + SIDE / 2, TOP + SIDE + 30), below, anchor="middle")


def write(results: dict[str, Any], path: Path) -> None:
    """Draw the figure as .svg or .png."""
    drawing = draw(results)
    path.write_bytes(drawing.svg() if path.suffix.lower() == ".svg" else drawing.png())


def check_path(path: Path) -> None:
    """Raise EvaluationError for a file that `write` could not make."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise EvaluationError(f"The figure is written as .svg or .png, not as {path.name}.")


def draw(results: dict[str, Any]) -> Drawing:
    """Two panels, and a third where labels were read."""
    found = results["samplers"]
    labelled = all("labels" in one["summary"] for one in found)
    panels = 3 if labelled else 2
    width = LEFT + panels * SIDE + (panels - 1) * BETWEEN + 24
    height = TOP + SIDE + 54 + LEGEND * math.ceil(len(found) / 3)
    drawing = Drawing(width, height, f"{results['images']}: {', '.join(one['name'] for one in found)}")
    _best_of(drawing, LEFT, found)
    _consistency(drawing, LEFT + SIDE + BETWEEN, found, results["samples_per_image"])
    if labelled:
        _calibration(drawing, LEFT + 2 * (SIDE + BETWEEN), found)
    for place, (one, colour) in enumerate(_coloured(found)):
        x, y = LEFT + (place % 3) * 200, TOP + SIDE + 58 + LEGEND * (place // 3)
        drawing.dot((x, y), colour)
        drawing.words((x + 10, y), one["name"])
    return drawing


def _best_of(drawing: Drawing, left: float, found: list[dict[str, Any]]) -> None:
    curves = [one["summary"]["best_of"] for one in found]
    places, values = curves[0]["n"], [value for curve in curves for value in curve["psnr_y"]]
    up = steps(min(values), max(values))
    panel = Panel(drawing, left, (1, max(places[-1], 2)), (up[0], up[-1]), logarithmic=True)
    across = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if n <= places[-1]]
    panel.axes("best of n samples, PSNR Y in dB", "n", (across, up))
    for (_, colour), curve in zip(_coloured(found), curves, strict=True):
        drawing.line([panel.place(n, y) for n, y in zip(places, curve["psnr_y"], strict=True)], colour)
    _bicubic(panel, found, up)


def _bicubic(panel: Panel, found: list[dict[str, Any]], up: list[float]) -> None:
    """A dashed line where bicubic enlargement lies within the panel."""
    level = found[0]["summary"]["bicubic"]["psnr_y"]
    if up[0] <= level <= up[-1]:
        panel.drawing.line([panel.place(x, level) for x in panel.across], AXIS, 1, dashed=True)
        panel.drawing.words((panel.left + SIDE - 4, panel.place(1, level)[1] - 8), "bicubic", AXIS, "end")


def _consistency(drawing: Drawing, left: float, found: list[dict[str, Any]], count: int) -> None:
    points = [(one["summary"]["diversity"]["score"] or 0.0, one["summary"]["lr_consistency"]["mean"]) for one in found]
    heights = [NTIRE_GOAL, *(y for _, y in points)]
    across, up = steps(0, max(x for x, _ in points)), steps(min(heights), max(heights))
    panel = Panel(drawing, left, (across[0], across[-1]), (up[0], up[-1]))
    panel.axes("LR consistency in dB", f"diversity S of {count} samples", (across, up))
    drawing.line([panel.place(x, NTIRE_GOAL) for x in panel.across], AXIS, 1, dashed=True)
    for (_, colour), point in zip(_coloured(found), points, strict=True):
        drawing.dot(panel.place(*point), colour, 5)


def _calibration(drawing: Drawing, left: float, found: list[dict[str, Any]]) -> None:
    panel = Panel(drawing, left, (0, 1), (0, 1))
    ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    panel.axes("how often a label is true", "share of the samples that show it", (ticks, ticks))
    drawing.line([panel.place(0, 0), panel.place(1, 1)], AXIS, 1, dashed=True)
    for one, colour in _coloured(found):
        bins = one["summary"]["labels"]["all"]["every_share"]["bins"]
        points = [panel.place(part["share"], part["frequency"]) for part in bins]
        drawing.line(points, colour, 1)
        for point, part in zip(points, bins, strict=True):
            drawing.dot(point, colour, min(6, 1 + math.log10(part["count"]) * 1.5))


def _coloured(found: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    return [(one, COLOURS[place % len(COLOURS)]) for place, one in enumerate(found)]


def steps(low: float, high: float) -> list[float]:
    """Three to seven round numbers that hold the range from ``low`` to ``high``."""
    room = max(high - low, 1e-3 * max(abs(high), 1.0))
    unit = 10 ** math.floor(math.log10(room / 4))
    step = next(unit * part for part in (1, 2, 5, 10) if room / (unit * part) <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]
