"""How many came and finished, hour by hour, as a small SVG; see `figures` for how such drawings are made."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_STEP, _HEIGHT = 10, 60


def hour_bars(title: str, came: Sequence[int], finished: Sequence[int]) -> SafeString:
    """Two bars for each hour, the earliest left: who came in, and beside it who finished. As many of each."""
    most = max(*came, *finished, 1)
    return format_html(
        '<svg class="figure-hours" viewBox="0 0 {0} {1}" preserveAspectRatio="none" role="img"><title>{2}</title>'
        '{3}{4}<line class="figure-axis" x1="0" x2="{0}" y1="{1}" y2="{1}"/></svg>',
        _STEP * len(came),
        _HEIGHT,
        title,
        _bars("figure-came", came, most, 1),
        _bars("figure-fill", finished, most, 5),
    )


def _bars(name: str, counts: Sequence[int], most: int, left: int) -> SafeString:
    heights = ((place, _HEIGHT * count / most) for place, count in enumerate(counts) if count)
    cells = ((name, _STEP * place + left, f"{_HEIGHT - height:.2f}", f"{height:.2f}") for place, height in heights)
    return format_html_join("", '<rect class="{}" x="{}" y="{}" width="4" height="{}"/>', cells)
