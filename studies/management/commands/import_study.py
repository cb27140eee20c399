"""manage.py import_study EXPORT --owner USER: a study that was exported elsewhere, here."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from inference.services import StoreError
from studies.errors import StudyError
from studies.importing import import_study


class Command(BaseCommand):
    help = (
        "Verify an internal export (its folder, or the zip as downloaded) and store its study: all of it, or nothing. "
        "The study is closed; its ensembles and figures are made anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("export", type=Path, help="folder or zip of the export")
        parser.add_argument("--owner", required=True, help="name of the user that the study will belong to")

    def handle(self, *, export: Path, owner: str, verbosity: int, **options: Any) -> None:
        user = User.objects.filter(username=owner).first()
        if user is None:
            raise CommandError(f"There is no user “{owner}”: give the name of one, or make one first.")
        try:
            found = import_study(export, user, progress=verbosity > 0)
        except (StudyError, StoreError) as error:
            raise CommandError(str(error)) from None
        if not found.created:
            self.stdout.write(f"This export was imported before: it is study {found.study.pk}, “{found.study}”.")
            return
        for what in found.left_out:
            self.stderr.write(f"Not imported: {what}.")
        self.stdout.write(f"Imported as study {found.study.pk}, “{found.study}”.")
