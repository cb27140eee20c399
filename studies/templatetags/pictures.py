"""Sizes of pictures and words for numbers, for templates."""

from __future__ import annotations

import math
from typing import Protocol

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


class Sized(Protocol):
    """Anything that knows the size of its LR image in pixels."""

    width: int
    height: int


@register.simple_tag
def size(low_res: Sized, room: int, scale: int = 1) -> SafeString:
    """width and height of a picture in CSS pixels: the largest whole multiple of its pixels that fits `room`.

    scale: 1 for the LR image itself, the sampler's factor for what was made from it. A picture larger than the
    room keeps its own size.
    """
    width, height = low_res.width * scale, low_res.height * scale
    multiple = max(room // max(width, height), 1)
    return format_html('width="{}" height="{}"', width * multiple, height * multiple)


@register.filter
def duration(seconds: float | None) -> str:
    """A span of time in words that does not flicker: "40 s", "3 min", "2 h 10 min"."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@register.filter
def rate(per_second: float | None) -> str:
    """Samples per second with two digits that mean something."""
    if per_second is None or not math.isfinite(per_second) or per_second <= 0:
        return ""
    return f"{per_second:.0f}" if per_second >= 10 else f"{per_second:.1f}" if per_second >= 1 else f"{per_second:.2f}"
