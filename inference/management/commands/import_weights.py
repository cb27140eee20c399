"""``manage.py import_weights``: an official checkpoint, once, into weights that samplers use."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from inference import samplers
from inference.generation import weights_folder
from inference.models import Weights


class Command(BaseCommand):
    help = (
        "Turn an official checkpoint (.ckpt, .pth, .safetensors or a diffusers folder) into weights of your own: "
        "nothing in the file is run, every tensor must fit, and a test picture must come out. All or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sampler", help=f"the family it was made for: {', '.join(samplers.names())}")
        parser.add_argument("checkpoint", help="the file or folder as it was published")
        parser.add_argument("--name", required=True, help="name of the new weights")
        parser.add_argument("--autoencoder", type=Path, help="the autoencoder's file, where it is a file of its own")
        parser.add_argument(
            "--licence-accepted", action="store_true", help="you have read the licence: do not ask at the terminal"
        )

    def handle(self, *args: Any, sampler: str, checkpoint: str, name: str, **options: Any) -> None:
        from inference.samplers.importing.families import licence
        from inference.samplers.importing.importer import import_checkpoint

        try:
            terms = str(licence(sampler))
            self.stdout.write(f"Licence of the official checkpoints of {sampler}: {terms}")
            self._ask(options["licence_accepted"])
            made = import_checkpoint(
                sampler,
                Path(checkpoint),
                weights_folder(),
                name,
                autoencoder=options["autoencoder"],
                say=self.stdout.write,
            )
        except (OSError, EOFError, ValueError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self._enter(made, name)
        self.stdout.write(
            f"Wrote {made.path}: a sample of the test picture reaches {made.smoke.sample:.2f} dB, "
            f"bicubic enlargement {made.smoke.bicubic:.2f} dB"
        )

    def _ask(self, accepted: bool) -> None:
        """A person at a terminal is asked; a script has been told."""
        if accepted or not sys.stdin.isatty():
            return
        if input("Do you accept it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was imported, since the licence was not accepted.")

    def _enter(self, made: Any, name: str) -> None:
        """The row that jobs refer to; without it the files go as well."""
        from inference.samplers.importing.storing import remove

        facts = {key: made.config[key] for key in ("scale", "channels", "licence", "source")}
        try:
            Weights.objects.update_or_create(
                sampler=made.config["sampler"], name=name, sha256=made.sha256, defaults=facts
            )
        except DatabaseError as error:
            remove(made.path)
            raise CommandError(f"The weights cannot be entered into the database: {error}.") from error
