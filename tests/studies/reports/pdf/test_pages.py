"""Where pages break: nothing that leads to something stands alone at the end of a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.platypus import ActionFlowable, Flowable, PageBreak, Spacer

from inference.core.images import encode_png
from studies.reports.blocks import Block, Cover, Drawing, Facts, Grid, Heading, Picture, Pictures, Points, Text
from studies.reports.drawings.canvas import in_words
from studies.reports.drawings.intervals import Point, label_shares
from studies.reports.pdf import layout, style, writing
from studies.reports.tables import Table
from tests.studies import factories

PICTURE = Picture("one", "a picture", lambda: encode_png(factories.pixels(32, seed=1)), 32, 32)
ROWS = tuple((str(place), "5", "words") for place in range(90))
FOLLOWING: dict[str, Block] = {
    "text": Text("A paragraph of some lines. " * 30),
    "caution": Text("A paragraph of some lines. " * 30, "caution"),
    "points": Points(("One sentence. " * 20, "another")),
    "facts": Facts(tuple((f"name {place}", "value") for place in range(80))),
    "table": Grid(Table("A table of more than a page", ("Image", "Number", "Said"), ROWS), 1),
    "figure": Drawing(in_words("figure", "A figure", "Nothing to draw."), "How to read it.", 1),
    "pictures": Pictures((PICTURE,) * 4),
}


class Gap(Flowable):
    """Room that the page before was filled with."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.height = height

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return width, self.height

    def draw(self) -> None:
        pass


def pages(monkeypatch: pytest.MonkeyPatch, path: Path, story: list[Block], gap: float) -> list[list[Flowable]]:
    """What is drawn on each page, the cover's page first, which is filled up by `gap`."""
    drawn: dict[int, list[Flowable]] = {}
    made = writing.flowables
    monkeypatch.setattr(
        writing, "flowables", lambda block: [*made(block), *([Gap(gap)] if isinstance(block, Cover) else [])]
    )
    monkeypatch.setattr(writing._Report, "afterFlowable", lambda self, one: drawn.setdefault(self.page, []).append(one))
    monkeypatch.setattr(layout.Contents, "draw", lambda self: None)
    writing.write(path, "A study", [Cover("A study", "", (("a", "b"),)), *story], lambda heading: None)
    return [drawn[page] for page in sorted(drawn)]


def leads(one: Flowable) -> bool:
    return isinstance(one, layout.Anchored) or getattr(one, "style", None) is style.ABOVE


@pytest.mark.parametrize("kind", FOLLOWING)
def test_a_heading_is_followed_on_its_page(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = [Heading("A part", 1, "part"), Heading("What people saw", 3), FOLLOWING[kind]]
    broken = set()
    for gap in range(300, 640, 20):
        with monkeypatch.context() as patch:
            found = pages(patch, tmp_path / "report.pdf", story, gap)
        ends = [next(one for one in reversed(page) if not isinstance(one, Spacer)) for page in found]
        assert not [gap for one in ends if leads(one)]
        broken.add(any(isinstance(one, layout.Anchored) for one in found[0]))
    assert broken == {True, False}, "the heading stands on the first page or not, as there is room"


@pytest.mark.parametrize("rows", [4, 60])
def test_notes_stand_below_the_last_row_of_their_table(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Table("A table", ("Image", "Number", "Said"), ROWS[:rows], ("What the numbers are. " * 12, "And another."))
    for gap in range(300, 640, 40):
        with monkeypatch.context() as patch:
            drawn = pages(patch, tmp_path / "report.pdf", [Grid(found, 1)], gap)
        *_, ends = (one for page in drawn for one in page if isinstance(one, layout._Rows))
        assert len(ends._cellvalues) >= 3, "the head, a row and the notes"
        assert isinstance(ends._cellvalues[-1][0], list | tuple)


def test_a_few_facts_are_not_divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story: list[Block] = [Facts(tuple((f"name {place}", "value") for place in range(8)))]
    for gap in range(300, 640, 40):
        with monkeypatch.context() as patch:
            drawn = pages(patch, tmp_path / "report.pdf", story, gap)
        tables = [one for page in drawn for one in page if isinstance(one, layout._Rows)]
        assert [len(one._cellvalues) for one in tables] == [1, 8], "the cover's, and these"


def test_a_table_of_pages_begins_below_its_heading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for a page that it fits on: there is none."""
    story = [Heading("A part", 1, "part"), FOLLOWING["table"]]
    first = pages(monkeypatch, tmp_path / "report.pdf", story, 200)[0]
    assert any(isinstance(one, layout.LongTable) and len(one._cellvalues) > 5 for one in first)


def test_a_figure_higher_than_a_page_is_made_to_fit(tmp_path: Path) -> None:
    points = [Point(str(place), 0.5, 0.4, 0.6, 5, 10) for place in range(150)]
    story = [Cover("A study", "", (("a", "b"),)), Drawing(label_shares("labels", "Labels", points), "", 1)]
    writing.write(tmp_path / "report.pdf", "A study", story, lambda heading: None)
    assert (tmp_path / "report.pdf").stat().st_size > 0


def test_contents_that_fill_a_page_leave_none_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below covers of all heights some contents end just at the foot of a page."""
    parts: list[Block] = [Heading(f"Part {number}", 2, f"part-{number}") for number in range(40)]
    for gap in range(96, 122, 2):
        with monkeypatch.context() as patch:
            found = pages(patch, tmp_path / "report.pdf", [Heading("Summary", 1, "sum", new_page=True), *parts], gap)
        assert not [
            gap for page in found if all(isinstance(one, Spacer | PageBreak | ActionFlowable) for one in page)
        ], gap
