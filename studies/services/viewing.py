"""What a participant's screen must be like, as a study asks.

Sizes are in CSS pixels; a pixel ratio is device pixels per CSS pixel. The page measures, the server judges
(`checking`); `study.viewing` holds these rules as JSON, {} where nothing is asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, Self

from studies.models import Participant, Study

WARN, BLOCK = "warn", "block"
#: How far the enlargement of a page may seem off: scroll bars and frames of windows take a little.
ZOOM_TOLERANCE = 0.08
RATIO_TOLERANCE = 0.001

SIZES = ("window_width", "window_height", "screen_width", "screen_height")
RATIOS = ("least_ratio", "most_ratio", "whole_ratio")
#: What a page measures by itself, and what people answer.
MEASURED, ANSWERED = (*SIZES, *RATIOS, "no_zoom"), ("brightness", "plates")


class RulesError(ValueError):
    """Rules that cannot be; the message is one sentence for the researcher."""


def _rule(default: Any, label: str, help: str = "", *, low: float = 0, high: float = 0, choices: Any = ()) -> Any:
    """A field of `Rules` with its range or choices, and the words that a form shows."""
    return field(default=default, metadata={"label": label, "help": help, "low": low, "high": high, "choices": choices})


_AT_LEAST = "CSS pixels at least; 0 for any."
_RATIO = "Device pixels per CSS pixel; 0 for any."


@dataclass(frozen=True)
class Limit:
    """What one measured value must be. measure: one of SIZES, pixel_ratio, or zoom, which is 1 for 100 %."""

    measure: str
    least: float | None = None
    most: float | None = None
    whole: bool = False

    def admits(self, value: float) -> bool:
        if self.whole:
            return abs(value - round(value)) <= RATIO_TOLERANCE
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def as_json(self) -> str:
        """For the script, which says at once whether a value will do."""
        return json.dumps(asdict(self) | {"tolerance": RATIO_TOLERANCE})


@dataclass(frozen=True)
class Rules:
    """0 and False ask nothing. Raises RulesError for a value of the wrong type or outside its range."""

    window_width: int = _rule(0, "Window width", _AT_LEAST, high=10_000)
    window_height: int = _rule(0, "Window height", _AT_LEAST, high=10_000)
    screen_width: int = _rule(0, "Screen width", _AT_LEAST, high=10_000)
    screen_height: int = _rule(0, "Screen height", _AT_LEAST, high=10_000)
    least_ratio: float = _rule(0.0, "Smallest pixel ratio", _RATIO, high=10)
    most_ratio: float = _rule(0.0, "Largest pixel ratio", _RATIO, high=10)
    whole_ratio: bool = _rule(
        False, "Whole pixel ratio only", "1, 2 or 3, not 1.25 or 1.5. (Pictures are pixel-exact at every ratio.)"
    )
    no_zoom: bool = _rule(False, "No browser zoom", "The browser shows the page at 100 %.")
    brightness: bool = _rule(
        False, "Brightness pattern", "People count faint squares on black and on white, other ones at each attempt."
    )
    plates: int = _rule(
        0, "Colour plates", "Digits that differ from their ground in red and green only; 0 for none.", high=6
    )
    plate_errors: int = _rule(0, "Plates that may be misread", high=5)
    on_failure: str = _rule(
        WARN, "When a check fails", choices=((WARN, "warn, and let people go on"), (BLOCK, "do not let people in"))
    )
    attempts: int = _rule(
        3, "Attempts", "Who is not let in after so many failed checks is sent away with a code.", low=1, high=20
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            _check(item, getattr(self, item.name))
        if self.most_ratio and self.least_ratio > self.most_ratio:
            raise RulesError("The smallest pixel ratio is above the largest: exchange them.")
        if self.plates and self.plate_errors >= self.plates:
            raise RulesError("At least one colour plate must be read: let fewer be misread than are shown.")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        if not isinstance(values, Mapping):
            raise RulesError("Give the viewing rules as names with values.")
        known = [item.name for item in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise RulesError(f"There is no viewing rule “{unknown[0]}”: choose among {', '.join(known)}.")
        return cls(**values)

    def as_mapping(self) -> dict[str, Any]:
        """As a study stores them: everything written out, or nothing where nothing is asked."""
        return asdict(self) if self.asked else {}

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the rules that ask something."""
        return tuple(name for name in (*MEASURED, *ANSWERED) if getattr(self, name))

    @property
    def blocks(self) -> bool:
        """Whether people who fail are not let in."""
        return bool(self.asked) and self.on_failure == BLOCK

    def limits(self) -> dict[str, Limit]:
        """Rule -> limit, for the rules asked that a page measures."""
        zoom = 1 + ZOOM_TOLERANCE
        known = {name: Limit(name, least=getattr(self, name)) for name in SIZES} | {
            "least_ratio": Limit("pixel_ratio", least=self.least_ratio - RATIO_TOLERANCE),
            "most_ratio": Limit("pixel_ratio", most=self.most_ratio + RATIO_TOLERANCE),
            "whole_ratio": Limit("pixel_ratio", whole=True),
            "no_zoom": Limit("zoom", least=1 / zoom, most=zoom),
        }
        return {name: limit for name, limit in known.items() if name in self.asked}

    def ratio_fits(self, ratio: float) -> bool:
        """Whether the study allows this pixel ratio."""
        return all(limit.admits(ratio) for limit in self.limits().values() if limit.measure == "pixel_ratio")


def _check(item: Field[Any], value: Any) -> None:
    label, low, high, choices = (item.metadata[key] for key in ("label", "low", "high", "choices"))
    if choices:
        fits, wanted = value in dict(choices), "one of " + ", ".join(dict(choices))
    elif isinstance(item.default, bool):
        fits, wanted = isinstance(value, bool), "true or false"
    else:
        whole = isinstance(item.default, int)
        number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        fits, wanted = number and low <= value <= high, f"a {'whole ' * whole}number from {low} to {high:,}"
    if not fits:
        raise RulesError(f"“{label}” must be {wanted}.")


def problem(values: Any) -> str:
    """What is wrong with these rules, in one sentence; empty when nothing is."""
    try:
        Rules.from_mapping(values)
    except RulesError as error:
        return str(error)
    return ""


def rules(study: Study) -> Rules:
    """The study's rules, which were checked when they were stored."""
    return Rules.from_mapping(study.viewing)


def needed(participant: Participant) -> bool:
    """Whether this participant has still to show what their screen is like. A simulated one has none."""
    waiting = participant.checked_at is None and not participant.simulated
    return waiting and bool(participant.study.viewing) and bool(rules(participant.study).asked)
