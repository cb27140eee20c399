"""What people saw before and after: the labels of the low-resolution images beside those of the pictures."""

from __future__ import annotations

from collections.abc import Iterator

from studies.reports import naming
from studies.reports.blocks import Block, Grid, Heading, Text
from studies.reports.source import Source


def blocks(source: Source) -> Iterator[Block]:
    """Nothing for studies in which nobody was asked to name pictures."""
    sentences = naming.told(source.results)
    if not sentences:
        return
    yield Heading("Naming before and after", 1, "naming")
    who, unit, known = sentences
    yield Text(who, "caution" if source.results.evidence["naming"]["simulated"] else "plain")
    yield Text(known)
    yield Text(unit, "small")
    yield from (Grid(table) for table in naming.tables(source.results))
