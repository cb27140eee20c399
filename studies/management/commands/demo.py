"""manage.py demo: the whole site on this machine, with an example study, from one command."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from inference.services import RequestError, StoreError
from studies.demo import processes
from studies.errors import StudyError

if TYPE_CHECKING:
    from studies.demo.examples import Example

RESEARCHER = "researcher"


class Command(BaseCommand):
    help = (
        "Run TrustSR on this machine: database, web server, worker and an example study. "
        "Ctrl-C stops everything; starting again goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web server (default 8000)")
        parser.add_argument("--task", type=int, choices=(1, 2), help="of the paper Trustworthy SR, in its numbers")
        parser.add_argument(
            "--images",
            type=Path,
            help="folder of HR images for --task, instead of those that ship; NAME_5.png is known to show a 5",
        )
        parser.add_argument("--weights", help="SAMPLER/NAME that draws --task, instead of ldm/photos")
        parser.add_argument(
            "--items", type=int, help="images in the study (default 6; tasks: as in the paper, 1 and 10)"
        )
        parser.add_argument("--headless", action="store_true", help="no browser: simulated votes, export, figures")
        parser.add_argument("--participants", type=int, default=30, help="simulated ones, with --headless")
        parser.add_argument("--seed", type=int, default=1, help="of draws and votes, with --headless")
        parser.add_argument("--output", type=Path, help="folder for export, tables and contact sheet, with --headless")

    def handle(self, **options: object) -> None:
        _check(options)
        if not settings.EMBEDDED:
            raise CommandError("The demo runs on this machine only; leave ALLOWED_HOSTS out of the environment.")
        try:
            with processes.lock(settings.DATA_DIR):
                call_command("migrate", verbosity=0, interactive=False)
                self._headless(options) if options["headless"] else self._serve(options)
        except (StudyError, RequestError, StoreError, processes.AlreadyRunning, OSError) as error:
            raise CommandError(str(error)) from error

    def _headless(self, options: dict) -> None:
        from studies.demo import examples, headless

        example = _task(options) if options["task"] else examples.STANDARD
        figures = headless.run(
            researcher(),
            example,
            items=options["items"] or example.items,
            participants=options["participants"],
            seed=options["seed"],
            output=options["output"],
        )
        self.stdout.write(json.dumps(figures))

    def _serve(self, options: dict) -> None:
        from studies.demo import examples, site

        wanted = [_task(options)] if options["task"] else examples.shipped()
        site.run(researcher(), wanted, port=options["port"], items=options["items"], say=self.stdout.write)


def _task(options: dict) -> Example:
    from studies.demo import tasks

    weights = options["weights"] or tasks.WEIGHTS
    return tasks.task(options["task"], weights=weights, images=options["images"], items=options["items"])


def _check(options: dict) -> None:
    """Refuse nonsense before anything is made."""
    if options["headless"] and not options["output"]:
        raise CommandError("--headless needs --output DIR, a folder for the export and the contact sheet.")
    if options["headless"] and options["output"].exists() and any(options["output"].iterdir()):
        raise CommandError(f"{options['output']} is not empty; name a new folder.")
    for name in ("images", "weights"):
        if options[name] and not options["task"]:
            raise CommandError(f"--{name} is for --task 1 or --task 2.")
    for name, low, high in (("items", 1, 100), ("participants", 1, 10_000), ("port", 1, 65_535), ("seed", 0, 2**31)):
        if options[name] is not None and not low <= options[name] <= high:
            raise CommandError(f"--{name} must be between {low} and {high}, not {options[name]}.")


def researcher() -> User:
    """The demonstration's researcher: no password, signs in by a one-time link."""
    user, created = User.objects.get_or_create(username=RESEARCHER, defaults={"is_staff": True, "is_superuser": True})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
