"""A report as one HTML file that stands alone: pictures and figures are in it, and nothing is fetched or run."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from functools import singledispatch
from typing import Any, TextIO

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from studies.reports.blocks import (
    Block,
    Cover,
    Drawing,
    Facts,
    Grid,
    Heading,
    Picture,
    Pictures,
    Points,
    Text,
    is_number,
    unbroken,
)
from studies.reports.figures import colour_scale

ROOM = 176  # CSS pixels for a picture: it is enlarged by the largest whole number that fits
LINE = 640  # CSS pixels of a row of pictures


def write(file: TextIO, title: str, blocks: Sequence[Block], progress: Callable[[Heading], None]) -> None:
    """Piece by piece, so that a large report is never whole in memory.

    progress: is told each heading of the contents
    """
    headings = [block for block in blocks if isinstance(block, Heading) and block.level < 3]
    file.write(_render("head", title=title))
    for block in blocks:
        file.write(block_html(block))
        if isinstance(block, Cover):
            file.write(_render("contents", headings=headings))
        elif isinstance(block, Heading) and block.level < 3:
            progress(block)
    file.write(_render("foot"))


@singledispatch
def block_html(block: object) -> str:
    raise TypeError(f"There is no HTML for {type(block).__name__}.")


@block_html.register
def _cover(block: Cover) -> str:
    return _render("cover", block=block)


@block_html.register
def _heading(block: Heading) -> str:
    return _render("heading", block=block, tag=f"h{block.level + 1}")


@block_html.register
def _text(block: Text) -> str:
    return _render("text", block=block)


@block_html.register
def _points(block: Points) -> str:
    return _render("points", block=block)


@block_html.register
def _facts(block: Facts) -> str:
    return _render("facts", block=block)


@block_html.register
def _grid(block: Grid) -> str:
    table = block.table
    numbers = [is_number(table, place) for place in range(len(table.header))]
    head = list(zip(table.header, numbers, strict=True))
    rows = (list(zip(map(unbroken, row), numbers, strict=True)) for row in table.rows)
    return _render("table", block=block, table=table, head=head, rows=rows)


@block_html.register
def _drawing(block: Drawing) -> str:
    # The SVG is ours: matplotlib escapes the texts that it draws.
    return _render("drawing", block=block, svg=mark_safe(block.figure.svg))


@block_html.register
def _pictures(block: Pictures) -> str:
    room = min(ROOM, LINE // len(block.pictures))
    return _render("pictures", pictures=list(_shown(block.pictures, room)))


def _shown(pictures: tuple[Picture, ...], room: int) -> Iterator[dict[str, Any]]:
    for picture in pictures:
        longest = max(picture.width, picture.height)
        times = max(room // longest, 1) if longest <= room else room / longest
        yield {
            "picture": picture,
            "width": round(picture.width * times),
            "height": round(picture.height * times),
            "data": base64.b64encode(picture.read()).decode(),
            "colours": _colours(picture),
        }


def _colours(picture: Picture) -> SafeString:
    scale = picture.scale
    return colour_scale(f"Colour scale from 0 to {scale.maximum}") if scale else SafeString("")


def _render(name: str, **context: Any) -> str:
    return render_to_string(f"studies/report/_{name}.html", context)
