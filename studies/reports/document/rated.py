"""The rating phase: how people rated, who they were, and which pictures they saw."""

from __future__ import annotations

from collections.abc import Iterator

from studies.reports.blocks import Block, Facts, Heading, Text
from studies.reports.document.pictures import Shown, rows
from studies.reports.source import Source, day, several
from studies.results import RatingPhase

_ASKED = {
    "acr": "one picture at a time, bad to excellent: absolute category rating (ACR, ITU-T P.910), 1 to 5",
    "dcr": "beside the true picture, how annoying faults are: degradation category rating (DCR, ITU-T P.910), 1 to 5",
    "pairwise": "two pictures of an image side by side, which is better, or that there is no difference; left and "
    "right change from one person to the next",
    "naming": "one picture at a time, what it shows, by the question and the labels of the voting",
}
_WHO = {
    "same": "people who had finished voting in this study",
    "others": "new people, who had not voted in this study",
}
#: See services.opinions.rating_order and rating_parts.
_WHOLE = (
    "within an image by a row of a Williams design, taken in turns by coming in, so that over people each picture "
    "stands equally often at each place and after each other one; images interleaved, in an order of each person's own"
)
_PARTS = "each person gets a part, dealt so that pictures are rated equally often, in an order of their own"


def blocks(source: Source) -> Iterator[Block]:
    """Nothing for studies without a rating phase."""
    phase = source.results.rating
    if phase is None:
        return
    yield Heading("Rating phase", 1, "rating-phase")
    yield Text(_came(phase), "caution" if phase.simulated else "plain")
    yield Facts(tuple(_settings(phase)))
    yield from _instructions(phase)
    yield from _pictures(source, phase)


def _came(phase: RatingPhase) -> str:
    if not phase.opened_at:
        return "The rating phase was set up, but not opened: nobody has rated."
    until = f", closed on {day(phase.closed_at)}" if phase.closed_at else " and still open"
    told = f"First opened on {day(phase.opened_at)}{until}. {several(phase.people, 'person', 'people')} began to rate."
    if phase.simulated:
        told += f" Beside them, {several(phase.simulated, 'simulated rater')} began: a rehearsal, not evidence."
    return told


def _settings(phase: RatingPhase) -> Iterator[tuple[str, str]]:
    yield "Asked", _ASKED.get(phase.mode, phase.mode)
    yield "Who rated", _WHO.get(phase.who, phase.who)
    yield "The truth", _truth(phase)
    yield "Bicubic, as a low anchor", "rated among the others" if phase.anchors else "not rated"
    yield "Asked once more, at the end", several(phase.repeats, "rating") + " of each person" * (phase.repeats > 0)
    most = "as many as fit into half an hour" if phase.per_person is None else str(phase.per_person)
    yield "Most ratings of one person, without repeats", most
    yield "Order, where everybody rates all", _WHOLE
    yield "Order, where that is too much for one person", _PARTS
    yield "Seed of orders, controls and single samples", str(phase.seed)


def _truth(phase: RatingPhase) -> str:
    hidden = "rated among the others, unannounced, where an image has one" if phase.hidden_reference else "not rated"
    return f"stands beside each picture; itself {hidden}" if phase.mode == "dcr" else hidden


def _instructions(phase: RatingPhase) -> Iterator[Block]:
    yield Heading("Instructions", 2, "rating-instructions")
    if not phase.instructions:
        yield Text("None beyond those of the page.")
    yield from (Text(one) for one in map(str.strip, phase.instructions.split("\n\n")) if one)
    if phase.translations:
        yield Text(f"Translated by the researchers into: {', '.join(sorted(phase.translations))}.", "small")


def _pictures(source: Source, phase: RatingPhase) -> Iterator[Block]:
    yield Heading("Rated pictures", 2, "rated-pictures")
    if not phase.stimuli:
        yield Text("The pictures to be rated have not been made.")
        return
    yield Text(
        "The pictures as they were rated. Controls and single samples were drawn from the seed of the rating phase: "
        "they are not the random ones that stand beside the ensemble under “Image by image”.",
        "small",
    )
    for item in source.results.items:
        if pictures := list(Shown(source, item).rated()):
            yield Heading(item.name, 3)
            yield from rows(pictures)
