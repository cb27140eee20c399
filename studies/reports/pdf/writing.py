"""A report as PDF on A4, by reportlab: embedded fonts, bookmarks, page numbers, the same bytes for the same report.

Figures are drawn from their SVG, letters as letters. Contents are written before the pages that they name: each number
is a form that is drawn where it belongs and defined once the page is known, so that nothing is drawn twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Spacer

from studies.reports.blocks import Block, Cover, Heading, Text
from studies.reports.pdf import letters
from studies.reports.pdf.kept import Kept
from studies.reports.pdf.layout import Anchored, Contents, flowables
from studies.reports.pdf.style import MARGIN, PLAIN, SOFT, register_fonts

LINE = 6.5 * mm  # from the lower edge of the sheet to the page number, beyond the margin
TOTAL = "pages"
#: Streams as they are, not as ASCII in base 85: a fifth smaller, and a fifth of the time.
rl_config.useA85 = 0


def write(path: Path, title: str, blocks: Sequence[Block], progress: Callable[[Heading], None]) -> None:
    """progress: is told each heading of the contents"""
    register_fonts()
    headings = [block for block in blocks if isinstance(block, Heading) and block.level < 3]
    story: list[Flowable] = []
    for block in blocks:
        story += flowables(block)
        if isinstance(block, Cover):
            story.append(Contents(headings))
            remarks = [one for told in letters.remarks(letters.words(blocks)) for one in flowables(Text(told, "small"))]
            # Room alone, below contents that fill the page, would begin an empty one.
            story += [Spacer(0, 10), *remarks] if remarks else []
    _Report(str(path), title=title, progress=progress).build(story, canvasmaker=_Numbered)


class _Numbered(Canvas):
    """A canvas that writes each page's number, and at its end how many pages there are."""

    def showPage(self) -> None:
        self.saveState()
        self.setFont(PLAIN, 7.5)
        self.setFillColor(SOFT)
        told = f"{self.getPageNumber()} / "
        middle = A4[0] / 2
        self.drawRightString(middle, MARGIN - LINE, told)
        self.translate(middle, MARGIN - LINE)
        self.doForm(TOTAL)
        self.restoreState()
        super().showPage()

    def save(self) -> None:
        _number(self, TOTAL, str(self.getPageNumber() - 1), right=False)
        super().save()


class _Report(BaseDocTemplate):
    def __init__(self, filename: str, *, title: str, progress: Callable[[Heading], None]) -> None:
        super().__init__(
            filename,
            pagesize=A4,
            title=title,
            author="TrustSR",
            subject="Report on a study of human-verified super-resolution",
            creator="TrustSR",
            invariant=1,
            pageCompression=1,
            lang="en",
            keepTogetherClass=Kept,
        )
        self._progress = progress
        frame = Frame(MARGIN, MARGIN, A4[0] - 2 * MARGIN, A4[1] - 2 * MARGIN, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame]))

    def afterFlowable(self, flowable: Flowable) -> None:
        """The number of a heading's page is known now: its line in the contents gets it."""
        if isinstance(flowable, Anchored) and flowable.heading.level < 3:
            _number(self.canv, f"page-{flowable.heading.anchor}", str(self.page), right=True)
            self._progress(flowable.heading)


def _number(canvas: Canvas, name: str, told: str, *, right: bool) -> None:
    """Define the form that was drawn before its text was known, at the point (0, 0)."""
    canvas.beginForm(name, -40, -10, 40, 20)
    canvas.setFont(PLAIN, 7.5 if not right else 8.5)
    canvas.setFillColor(SOFT)
    (canvas.drawRightString if right else canvas.drawString)(0, 0, told)
    canvas.endForm()
