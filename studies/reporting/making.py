"""From a study to the files of its report."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inference import store
from studies.exports import document
from studies.models import MethodImage, Study
from studies.reports import html
from studies.reports.blocks import Block, Cover, Drawing, Heading
from studies.reports.document import blocks
from studies.reports.source import Source
from studies.results import StudyResults

SUFFIXES: tuple[store.Suffix, ...] = (".html", ".pdf")

Parts = Sequence[Block]
OBJECTS = 20_000  # new ones until garbage is looked for
#: Called with each heading of the contents as the report comes to it.
Progress = Callable[[Heading], None]


def source(study: Study, found: StudyResults) -> Source:
    """All that a report says. found: the study's results, with the evidence where that is made"""
    return Source(found, document.build(found), _methods(study))


def _methods(study: Study) -> dict[int, dict[str, str]]:
    """Position -> method -> sha256 of its picture."""
    rows = MethodImage.objects.filter(method__study=study).order_by("method__name")
    pictures: dict[int, dict[str, str]] = {}
    for position, name, sha256 in rows.values_list("item__position", "method__name", "sha256"):
        pictures.setdefault(position, {})[name] = sha256
    return pictures


def parts(told: Source) -> Parts:
    """The report in reading order: its figures are drawn once, however many files are made of them."""
    return tuple(blocks(told))


def headings(report: Parts) -> int:
    """How often `write` tells of its progress."""
    return sum(isinstance(block, Heading) and block.level < 3 for block in report)


def write(report: Parts, path: Path, progress: Progress = lambda heading: None) -> None:
    """The report as the file's ending says, .html or .pdf. Raises StoreError for a picture missing or changed."""
    title = next(block.title for block in report if isinstance(block, Cover))
    with _few_collections():
        if path.suffix == ".pdf":
            from studies.reports.pdf import writing

            writing.write(path, title, report, progress)
            return
        with path.open("w", encoding="utf-8") as file:
            html.write(file, title, report, progress)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Figures and pages are many small objects: looking for garbage among them at every turn takes a tenth longer."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, before[1], before[1] * 5)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def write_figures(report: Parts, folder: Path) -> None:
    """Every figure of the report as SVG, as PNG at 200 dots per inch, and its numbers as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for block in report:
        if isinstance(block, Drawing):
            name = f"{block.number:03d}-{block.figure.name}"
            (folder / f"{name}.svg").write_text(_alone(block.figure.svg), encoding="utf-8")
            (folder / f"{name}.png").write_bytes(block.figure.png)
            (folder / f"{name}.csv").write_bytes(block.figure.csv.encode())


def _alone(svg: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}'
