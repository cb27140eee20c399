"""manage.py export_study STUDY DIR: everything of a study as a folder that `verify_export` can check."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.services import StoreError
from studies.errors import StudyError
from studies.exports import folder
from studies.management.finding import HELP, find_study


class Command(BaseCommand):
    help = "Write a study's ballots, samples, ensembles and results into a new folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help=HELP)
        parser.add_argument("dir", type=Path, help="folder to write; it must be new or empty")
        parser.add_argument("--with-truth", action="store_true", help="include the hidden ground truth")

    def handle(self, *, study: str, dir: Path, with_truth: bool, verbosity: int, **options: Any) -> None:
        try:
            folder.write(find_study(study), dir, truth=with_truth, progress=verbosity > 0)
        except (StudyError, StoreError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The export cannot be written to {dir}: {error.strerror or error}.") from None
        self.stdout.write(str(dir))
