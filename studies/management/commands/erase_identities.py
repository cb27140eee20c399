"""manage.py erase_identities: forget who took part in studies that closed long ago."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from studies.services.people import privacy


class Command(BaseCommand):
    help = (
        "Erase recruiters' ids, and cut personal links, of all studies that closed so many days ago. The answers "
        "stay, under pseudonyms that lead to nobody. Celery beat and `make demo` do the same by themselves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        days = settings.TRUSTSR_IDENTITY_DAYS
        parser.add_argument("--days", type=int, default=days, help=f"since the study closed (default: {days})")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 0:
            raise CommandError("--days must not be negative.")
        erased = privacy.erase_due(options["days"])
        self.stdout.write(f"{erased} {'identity was' if erased == 1 else 'identities were'} erased.")
