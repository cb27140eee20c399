"""manage.py simulate_participants: a rehearsal of an open study, marked as simulated everywhere."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from studies.errors import StudyError
from studies.management.finding import HELP, find_study
from studies.services.simulated import simulated_ratings
from studies.services.simulated.simulation import simulate


class Command(BaseCommand):
    help = (
        "Let simulated participants answer every item of an open study, or with --ratings rate the pictures of an "
        "open rating phase: a rehearsal, not evidence. They are marked "
        "as simulated in the database, on every page and in every export. Run again with the same seed, it makes "
        "nobody twice and goes on where it was interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help=HELP)
        parser.add_argument("--count", type=int, default=30, help="how many participants (default: 30)")
        parser.add_argument("--ratings", action="store_true", help="rate in the rating phase instead of voting")
        parser.add_argument("--seed", type=int, default=1, help="what all their answers follow from (default: 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["count"] < 1:
            raise CommandError("--count must be at least 1.")
        numbers = {"count": options["count"], "seed": options["seed"]}
        bar = partial(tqdm, desc="Simulated participants", unit="person")
        try:
            study = find_study(options["study"])
            if options["ratings"]:
                done = len(simulated_ratings.simulate(study, **numbers, progress=bar))
            else:
                done = len(simulate(study, **numbers, progress=bar))
        except StudyError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{done} simulated participants have {'rated' if options['ratings'] else 'answered'}.")
