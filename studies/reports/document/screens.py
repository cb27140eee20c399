"""What participants' screens were like, as the viewing check measured them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from studies.aggregation.screens import Screens
from studies.reports.blocks import NBSP, Block, Grid, Heading, Text
from studies.reports.source import Source, percent, several
from studies.reports.tables import Table
from studies.services.screens.viewing import ANSWERED, MEASURED, Rules

#: Rule -> its name, as researchers meet it.
RULES = {rule.name: str(rule.metadata["label"]) for rule in fields(Rules) if rule.name in (*MEASURED, *ANSWERED)}


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Screens", 2, "screens")
    screens, asked = found.screens, found.protocol.viewing
    if not screens.checks:
        yield Text(
            "No screen was checked yet." if asked else "The study asked nothing of screens, so that none was checked."
        )
        return
    yield Text(_passed(screens, blocks=asked.get("on_failure") == "block"))
    yield Grid(_rules(screens, [name for name in RULES if asked.get(name) or name in screens.failed_checks]))
    yield Grid(_measured(screens))


def _passed(screens: Screens, *, blocks: bool) -> str:
    told = f"{several(screens.people, 'participant')} made {several(screens.checks, 'check')} of the screen; "
    told += f"{screens.passed} passed the last one ({percent(screens.passed / screens.people)})."
    if blocks:
        return f"{told} Who did not pass was not let in: {screens.turned_away} turned away for good."
    failed = screens.people - screens.passed
    return f"{told} The study only warned: {failed} could go on without having passed." if failed else told


def _rules(screens: Screens, names: list[str]) -> Table:
    rows = tuple(
        (RULES[name], str(screens.failed_checks.get(name, 0)), str(screens.failed_people.get(name, 0)))
        for name in names
    )
    header = ("Rule", "Checks that failed it", "Participants, last check")
    return Table("Rules of the viewing check and how often they were not met", header, rows)


def _measured(screens: Screens) -> Table:
    rows = [("Pixel ratio", value, *_share(count, screens)) for value, count in screens.pixel_ratios.items()]
    rows += [("Zoom", f"{value}{NBSP}%", *_share(count, screens)) for value, count in screens.zooms.items()]
    notes = (
        "By the last check of each participant. Pixel ratio: device pixels per CSS pixel, which the zoom of the "
        "browser changes too. Zoom: as the page could measure it, rounded to 5 %.",
    )
    return Table("Screens as measured", ("Measured", "Value", "Participants", "Share"), tuple(rows), notes)


def _share(count: int, screens: Screens) -> tuple[str, str]:
    return str(count), percent(count / screens.people)
