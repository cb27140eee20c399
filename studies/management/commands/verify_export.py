"""manage.py verify_export DIR: is an export whole, and does every vote, selection and picture in it follow?"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studies.exports.verify import verified


class Command(BaseCommand):
    help = "Check an export (its folder, or the zip as downloaded): it needs no database and unpacks nothing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path, help="folder or zip of the export")

    def handle(self, *, dir: Path, **options: Any) -> None:
        differs = False
        for verdict in verified(dir):
            said = "differs" if verdict.found else "skipped" if verdict.skipped else "ok"
            why = f": {verdict.skipped}" if verdict.skipped else ""
            self.stdout.write(f"{said:8}{verdict.check.name}{why}")
            for words in verdict.untold:
                self.stdout.write(f"        not checked: {words}")
            for sentence in verdict.found:
                self.stderr.write(f"  {sentence}")
            differs |= bool(verdict.found)
        if differs:
            raise CommandError(f"The export at {dir} does not verify; what differs is listed above.")
        self.stdout.write(f"{dir} verifies.")
