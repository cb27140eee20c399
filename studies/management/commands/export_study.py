"""manage.py export_study STUDY DIR: everything of a study as a folder that `verify_export` can check."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.services import StoreError
from studies.errors import StudyError
from studies.exports import folder
from studies.models import Study


class Command(BaseCommand):
    help = "Write a study's ballots, samples, ensembles and results into a new folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="number, link name or exact name of the study")
        parser.add_argument("dir", type=Path, help="folder to write; it must be new or empty")
        parser.add_argument("--with-truth", action="store_true", help="include the hidden ground truth")

    def handle(self, *, study: str, dir: Path, with_truth: bool, verbosity: int, **options: Any) -> None:
        try:
            folder.write(find(study), dir, truth=with_truth, progress=verbosity > 0)
        except (StudyError, StoreError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The export cannot be written to {dir}: {error.strerror or error}.") from None
        self.stdout.write(str(dir))


def find(text: str) -> Study:
    """The study with this primary key, else this slug, else exactly this name; raises StudyError."""
    if text.isdecimal() and len(text) < 19 and (study := Study.objects.filter(pk=int(text)).first()):
        return study
    if study := Study.objects.filter(slug=text).first():
        return study
    named = list(Study.objects.filter(name=text)[:2])
    if len(named) > 1:
        raise StudyError(f"Several studies are named “{text}”: give the number of the one you mean.", status=409)
    if not named:
        raise StudyError(f"There is no study “{text}”: give its number, its link name or its exact name.", status=404)
    return named[0]
