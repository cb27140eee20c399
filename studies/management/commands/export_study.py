"""manage.py export_study STUDY DIR: everything of a study as a folder that `verify_export` can check."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.services import StoreError
from studies.errors import StudyError
from studies.exports import folder
from studies.exports.levels import INTERNAL, LEVELS
from studies.management.finding import HELP, find_study
from studies.models import Study
from studies.services.analysis import evidence_work
from studies.services.results import collect


class Command(BaseCommand):
    help = "Write a study's ballots, samples, ensembles and results into a new folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help=HELP)
        parser.add_argument("dir", type=Path, help="folder to write; it must be new or empty")
        parser.add_argument("--with-truth", action="store_true", help="include the hidden ground truth")
        parser.add_argument(
            "--level", choices=LEVELS, default=INTERNAL, help="public: nobody can be recognised (default: internal)"
        )
        parser.add_argument(
            "--licence", default="", help="of the data: an SPDX identifier such as CC-BY-4.0, or an address"
        )

    def handle(self, *, study: str, dir: Path, **options: Any) -> None:
        try:
            found = find_study(study)
            self._work_out(found)
            folder.write(
                found,
                dir,
                truth=options["with_truth"],
                level=options["level"],
                parquet=True,
                licence=options["licence"],
                progress=options["verbosity"] > 0,
            )
        except (StudyError, StoreError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The export cannot be written to {dir}: {error.strerror or error}.") from None
        self.stdout.write(str(dir))

    def _work_out(self, study: Study) -> None:
        """Ensembles, intervals and stability of the present votes, where no worker has made them yet.

        An import is left as it came. What fails is said, and the export goes without.
        """
        if hasattr(study, "imported") or collect(study).evidence:
            return
        if error := evidence_work.run(study).error:
            self.stderr.write(error)
