"""What a viewing check has found, in words: what was measured, what is needed, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from studies.models import ViewingCheck
from studies.services.screens.viewing import MEASURED, RATIOS, SIZES, Limit, Rules


@dataclass(frozen=True)
class Finding:
    """One rule. now: what was measured, if anything; passed: None before the first check; limit: for the script."""

    rule: str
    title: str
    needed: str
    now: str
    passed: bool | None
    advice: str
    limit: Limit | None


def findings(asked: Rules, check: ViewingCheck | None) -> list[Finding]:
    """One for each rule that the study asks, in a fixed order; without a check only what is needed."""
    known = asked.limits()
    return [_finding(asked, name, check, known.get(name)) for name in asked.asked]


def _finding(asked: Rules, name: str, check: ViewingCheck | None, limit: Limit | None) -> Finding:
    title, needed, advice = _words(asked, name)
    now = measured(name, check.measured) if check and name in MEASURED else ""
    return Finding(name, title, needed, now, None if check is None else name not in check.failed, advice, limit)


def measured(name: str, values: Mapping[str, Any]) -> str:
    """What was measured for a rule, with its unit, in the reader's language."""
    if name == "no_zoom":
        return _percent(values["zoom"])
    if name in RATIOS:
        return _number(values["pixel_ratio"])
    return f"{round(values[name])} px"


def _number(ratio: float) -> str:
    """Two decimals at most: 2, 1.5, 1.25."""
    shown = round(ratio, 2)
    return formats.number_format(int(shown) if shown == int(shown) else shown)


def _percent(share: float) -> str:
    return _("{number}%").format(number=round(100 * share))


def _words(asked: Rules, name: str) -> tuple[str, str, str]:
    """Title, what is needed, what to do."""
    if name in SIZES:
        return _size(asked, name)
    if name in RATIOS:
        return _ratio(asked, name)
    return _other(name)


def _size(asked: Rules, name: str) -> tuple[str, str, str]:
    least = _("at least %(size)s px") % {"size": getattr(asked, name)}
    return {
        "window_width": (_("Width of this window"), least, _("Make the window wider, or turn your device.")),
        "window_height": (_("Height of this window"), least, _("Make the window higher, or turn your device.")),
        "screen_width": (_("Width of your screen"), least, _("Use a device with a wider screen.")),
        "screen_height": (_("Height of your screen"), least, _("Use a device with a higher screen.")),
    }[name]


def _ratio(asked: Rules, name: str) -> tuple[str, str, str]:
    title = _("Pixels of your screen for one of this page")
    advice = _(
        "Set the zoom of your browser to 100 % (Ctrl and 0, on a Mac Cmd and 0). If that does not help, change the "
        "scaling in the display settings of your device, or move the window to another screen."
    )
    needed = {
        "least_ratio": _("at least %(number)s") % {"number": _number(asked.least_ratio)},
        "most_ratio": _("at most %(number)s") % {"number": _number(asked.most_ratio)},
        "whole_ratio": _("a whole number, such as 1 or 2"),
    }
    return title, needed[name], advice


def _other(name: str) -> tuple[str, str, str]:
    return {
        "no_zoom": (
            _("Zoom of your browser"),
            _percent(1),
            _("Press Ctrl and 0 (on a Mac Cmd and 0), and close side bars of the browser."),
        ),
        "brightness": (
            _("Faint squares"),
            _("the right number, on black and on white"),
            _("Make your screen brighter and the room darker, switch night colours off, look straight, count again."),
        ),
        "plates": (
            _("Digits in dots"),
            _("the right digits"),
            _("Switch night colours and colour filters of your device off, and look again."),
        ),
    }[name]
