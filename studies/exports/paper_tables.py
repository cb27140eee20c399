"""Tables as papers have them, in Markdown, LaTeX and CSV, all from the results: so they are checked by results.json."""

from __future__ import annotations

from collections.abc import Iterator

from studies.exports import layout
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json
from studies.exports.document import FILE as RESULTS
from studies.exports.reading import results_of
from studies.reports.tables import TABLES, Table
from studies.results import StudyResults

FORMS = {"md": Table.to_markdown, "tex": Table.to_latex, "csv": Table.to_csv}


def files(found: StudyResults) -> Iterator[tuple[str, bytes]]:
    """Path in the export, and content."""
    for name, make in TABLES.items():
        table = make(found)
        for suffix, written in FORMS.items():
            yield f"{layout.TABLES}/{name}.{suffix}", written(table).encode()


def check(bundle: Bundle) -> Iterator[str]:
    """They say what results.json says. Exports from before there were such tables have none."""
    for path, content in files(results_of(read_json(bundle, RESULTS))):
        if path in bundle.sizes and bundle.read(path) != content:
            yield f"{path} and {RESULTS} do not say the same."
