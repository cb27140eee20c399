"""The report of a study, part by part: blocks from one Source, in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from studies.reports.blocks import Block, Drawing, Grid
from studies.reports.document import (
    cover,
    item,
    methods,
    naming,
    opinion,
    people,
    protocol,
    provenance,
    rated,
    screens,
    summary,
)
from studies.reports.source import Source


def blocks(source: Source) -> Iterator[Block]:
    """The whole report. Tables and figures are numbered; nothing is drawn or read yet."""
    tables = figures = 0
    for block in _parts(source):
        if isinstance(block, Grid):
            tables += 1
            yield replace(block, number=tables)
        elif isinstance(block, Drawing):
            figures += 1
            yield replace(block, number=figures)
        else:
            yield block


def _parts(source: Source) -> Iterator[Block]:
    yield from cover.blocks(source)
    yield from summary.blocks(source)
    yield from protocol.blocks(source)
    yield from methods.blocks(source)
    yield from rated.blocks(source)
    yield from opinion.blocks(source)
    yield from naming.blocks(source)
    yield from people.blocks(source)
    yield from screens.blocks(source)
    yield from item.blocks(source)
    yield from provenance.blocks(source)
