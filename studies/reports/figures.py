"""Small SVG figures for pages, drawn without a plotting library.

Attributes and classes only (colours are in the style sheet), so that they pass a strict content security
policy and follow the reader's light or dark theme. Each has a <title> that says in words what it shows.
"""

from __future__ import annotations

import math

import numpy as np
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from studies.reports.colours import colour_map

_WIDTH = 320
_MARGIN = 8


def share_bar(title: str, value: float, low: float, high: float, mark: float | None = None) -> SafeString:
    """A bar of one share in [0, 1] with its interval as a whisker; it may be stretched to any width.

    mark: a share to compare with, a line across the whole height
    """
    return format_html(
        '<svg class="figure-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"><title>{}</title>'
        '<rect class="figure-track" x="0" y="0" width="100" height="10"/>'
        '<rect class="figure-fill" x="0" y="0" width="{}" height="10"/>{}'
        '<line class="figure-whisker" x1="{}" x2="{}" y1="5" y2="5"/>{}</svg>',
        title,
        _number(100 * value),
        "" if mark is None else _across(100 * mark),
        _number(100 * low),
        _number(100 * high),
        _ends(100 * low, 100 * high),
    )


def _across(x: float) -> SafeString:
    return format_html('<line class="figure-expected" x1="{0}" x2="{0}" y1="-3" y2="13"/>', _number(x))


def _ends(low: float, high: float) -> SafeString:
    places = ((_number(x), _number(x)) for x in (low, high))
    return format_html_join("", '<line class="figure-whisker" x1="{}" x2="{}" y1="2" y2="8"/>', places)


def band_strip(
    title: str, *, low: float, middle: float, high: float, value: float, mark: float | None = None
) -> SafeString:
    """One number beside the range that chance gives; empty when a number is undefined.

    low, middle, high: of the random selections (their middle 95 % and mean), a band with a line; value: the
    ensemble's, a diamond; mark: a reference, a dotted line, left out when it is far off the rest.
    """
    if not all(math.isfinite(x) for x in (low, middle, high, value)):
        return SafeString("")
    start, end = _domain(min(low, value), max(high, value))
    near = mark is not None and start - (end - start) <= mark <= end + (end - start)
    if mark is not None and near:
        start, end = _domain(min(low, value, mark), max(high, value, mark))

    def place(x: float) -> float:
        return _MARGIN + (x - start) / (end - start) * (_WIDTH - 2 * _MARGIN)

    return format_html(
        '<svg class="figure-strip" viewBox="0 0 {} 28" role="img"><title>{}</title>{}{}{}{}{}</svg>',
        _WIDTH,
        title,
        _axis(),
        _band(place(low), place(high)),
        _line("figure-median", place(middle)),
        _line("figure-mark", place(mark)) if mark is not None and near else "",
        _diamond(place(value)),
    )


def _domain(low: float, high: float) -> tuple[float, float]:
    """Room left and right; numbers that are all alike still get a width."""
    room = 0.12 * (high - low) or max(abs(high), 1.0) * 0.01
    return low - room, high + room


def _axis() -> SafeString:
    return format_html('<line class="figure-axis" x1="{}" x2="{}" y1="14" y2="14"/>', _MARGIN, _WIDTH - _MARGIN)


def _band(start: float, end: float) -> SafeString:
    width = max(end - start, 1.0)
    return format_html(
        '<rect class="figure-band" x="{}" y="7" width="{}" height="14" rx="2"/>', _number(start), _number(width)
    )


def _line(name: str, x: float) -> SafeString:
    return format_html('<line class="{}" x1="{}" x2="{}" y1="4" y2="24"/>', name, _number(x), _number(x))


def _diamond(x: float) -> SafeString:
    points = " ".join(f"{x + dx:.1f},{14 + dy}" for dx, dy in ((0, -7), (7, 0), (0, 7), (-7, 0)))
    return format_html('<polygon class="figure-point" points="{}"/>', points)


def colour_scale(title: str) -> SafeString:
    """The colours of a map from 0 (left) to its maximum (right)."""
    colours = colour_map(np.linspace(0, 1, 32)[None, :], maximum=1.0)[0]
    cells = ((3.125 * place, "#{:02x}{:02x}{:02x}".format(*colour)) for place, colour in enumerate(colours.tolist()))
    return format_html(
        '<svg class="figure-scale" viewBox="0 0 100 6" preserveAspectRatio="none" role="img"><title>{}</title>{}</svg>',
        title,
        format_html_join("", '<rect x="{}" y="0" width="3.3" height="6" fill="{}"/>', cells),
    )


def _number(value: float) -> str:
    return f"{value:.2f}"
