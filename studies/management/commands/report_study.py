"""manage.py report_study STUDY FILE.html|FILE.pdf|DIR: the report of a study."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from inference.services import StoreError
from studies.errors import StudyError
from studies.management.finding import HELP, find_study
from studies.reporting import making, work


class Command(BaseCommand):
    help = (
        "Write the report of a study: summary, protocol, every image, tables, provenance. Ensembles and evidence that "
        "are not made yet are made first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help=HELP)
        parser.add_argument(
            "path", type=Path,
            help="a file ending in .html or .pdf; or a folder, for both and every figure as SVG, PNG and CSV",
        )  # fmt: skip

    def handle(self, *, study: str, path: Path, **options: Any) -> None:
        if path.suffix and path.suffix not in making.SUFFIXES:
            raise CommandError(f"A report is .html or .pdf, or a folder without an ending, not {path.name}.")
        try:
            found = find_study(study)
            parts = making.parts(making.source(found, work.ready(found)))
            _write(parts, path, progress=options["verbosity"] > 0)
        except (StudyError, StoreError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The report cannot be written to {path}: {error.strerror or error}.") from None
        self.stdout.write(str(path))


def _write(parts: making.Parts, path: Path, *, progress: bool) -> None:
    files = [path] if path.suffix else [path / f"report{suffix}" for suffix in making.SUFFIXES]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tqdm(total=making.headings(parts), desc=file.name, disable=not progress) as bar:
            making.write(parts, file, lambda heading, bar=bar: bar.update())  # type: ignore[misc]
    if not path.suffix:
        making.write_figures(parts, path / "figures")
