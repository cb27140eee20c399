"""``manage.py train``: make weights of one's own, or the ones that ship."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.generation import weights_folder
from inference.training import recipes, train
from inference.training.card import command_line


class Command(BaseCommand):
    help = f"Train weights by a recipe ({', '.join(recipes())}) and write them with their model card."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sampler", help="the family, such as ldm")
        parser.add_argument("recipe", help="what to train it on, such as digits")
        parser.add_argument("--minutes", type=float, help="bound on the whole run (default: the recipe's own)")
        parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default)")
        parser.add_argument(
            "--data", type=Path, help="an .npz with images uint8 (N, 28, 28) and labels, or a folder of photographs"
        )
        parser.add_argument("--output", type=Path, help="folder of weights (default: weights/ in the data folder)")
        parser.add_argument("--name", help="name of the new weights (default: the recipe's name with -own)")
        parser.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same name")

    def handle(self, *args: Any, sampler: str, recipe: str, **options: Any) -> None:
        name = options["name"] or f"{recipe}-own"
        given = {key: options[key] for key in ("minutes", "data", "output")}
        device = None if options["device"] == "auto" else options["device"]
        try:
            path = train(
                sampler,
                recipe,
                output=options["output"] or weights_folder(),
                name=name,
                minutes=options["minutes"],
                device=options["device"],
                data=options["data"],
                resume=options["resume"],
                command=command_line(sampler, recipe, name=name, **given, device=device),
            )
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {path}")
