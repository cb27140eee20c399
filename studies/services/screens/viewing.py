"""What a participant's screen must be like, as a study asks.

Sizes are in CSS pixels; a pixel ratio is device pixels per CSS pixel. The page measures, the server judges
(`checking`); `study.viewing` holds these rules as JSON, {} where nothing is asked.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from studies.models import Participant, Study
from studies.services.design.checked import Checked, option

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
class Rules(Checked):
    """0 and False ask nothing. Raises RulesError for a value of the wrong type or outside its range."""

    noun: ClassVar[str] = "viewing rule"
    nouns: ClassVar[str] = "viewing rules"
    error: ClassVar[type[ValueError]] = RulesError

    window_width: int = option(0, "Window width", _AT_LEAST, high=10_000)
    window_height: int = option(0, "Window height", _AT_LEAST, high=10_000)
    screen_width: int = option(0, "Screen width", _AT_LEAST, high=10_000)
    screen_height: int = option(0, "Screen height", _AT_LEAST, high=10_000)
    least_ratio: float = option(0.0, "Smallest pixel ratio", _RATIO, high=10)
    most_ratio: float = option(0.0, "Largest pixel ratio", _RATIO, high=10)
    whole_ratio: bool = option(
        False, "Whole pixel ratio only", "1, 2 or 3, not 1.25 or 1.5. (Pictures are pixel-exact at every ratio.)"
    )
    no_zoom: bool = option(False, "No browser zoom", "The browser shows the page at 100 %.")
    brightness: bool = option(
        False, "Brightness pattern", "People count faint squares on black and on white, other ones at each attempt."
    )
    plates: int = option(
        0, "Colour plates", "Digits that differ from their ground in red and green only; 0 for none.", high=6
    )
    plate_errors: int = option(0, "Plates that may be misread", high=5)
    on_failure: str = option(
        WARN, "When a check fails", choices=((WARN, "warn, and let people go on"), (BLOCK, "do not let people in"))
    )
    attempts: int = option(
        3, "Attempts", "Who is not let in after so many failed checks is sent away with a code.", low=1, high=20
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.most_ratio and self.least_ratio > self.most_ratio:
            raise RulesError("The smallest pixel ratio is above the largest: exchange them.")
        if self.plates and self.plate_errors >= self.plates:
            raise RulesError("At least one colour plate must be read: let fewer be misread than are shown.")

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


problem = Rules.problem


def rules(study: Study) -> Rules:
    """The study's rules, which were checked when they were stored."""
    return Rules.from_mapping(study.viewing)


def needed(participant: Participant) -> bool:
    """Whether this participant has still to show what their screen is like. A simulated one has none."""
    waiting = participant.checked_at is None and not participant.simulated
    return waiting and bool(participant.study.viewing) and bool(rules(participant.study).asked)
