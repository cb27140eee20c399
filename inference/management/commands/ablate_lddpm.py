"""``manage.py ablate_lddpm``: the paper's ablation on our data, by one command."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from inference.evaluation import EvaluationError
from inference.evaluation.partial import PartialResults
from inference.evaluation.pictures import digit_source, photo_source
from inference.evaluation.running import Evaluation
from inference.evaluation.table import markdown, plain, table
from inference.version import code_version

RECIPES = ("digits", "photos")
PHOTO_CROP = 128


class Command(BaseCommand):
    help = (
        "Train LDDPM with its parts added one after the other (cross-attention, CVAE, Glow, GAN, content and style "
        "terms) and measure each: tables 6 to 8 of the paper, as ablation.json and ablation.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("recipe", choices=RECIPES)
        parser.add_argument("--minutes", type=float, default=10.0, help="for each of the seven variants (default 10)")
        parser.add_argument("--images", type=int, default=40, help="pictures kept out that are drawn (default 40)")
        parser.add_argument("--count", type=int, default=16, help="samples of each (default 16)")
        parser.add_argument("--output", type=Path, required=True, help="folder for weights and tables")
        parser.add_argument("--data", type=Path, help="digits (.npz) or a folder of photographs, as for train")
        parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default)")
        parser.add_argument("--resume", action="store_true", help="go on with an interrupted run of the same folder")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            results = self._ablate(options)
        except (OSError, ValueError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        rows, folder = table(results), options["output"]
        from inference.training.ablation import TABLES

        title = f"# Ablation of LDDPM on {options['recipe']}, {options['minutes']:g} minutes each"
        text = f"{title}\n\n{TABLES}\n\n{markdown(rows)}\n"
        (folder / "ablation.md").write_text(text, encoding="utf-8")
        (folder / "ablation.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        self.stdout.write(plain(rows))
        self.stdout.write(f"Wrote {folder / 'ablation.md'} and ablation.json")

    def _ablate(self, options: dict[str, Any]) -> dict[str, Any]:
        from inference.samplers.device import chosen
        from inference.training.ablation import train_variants
        from inference.training.pictures import source

        recipe, folder, minutes = options["recipe"], options["output"], options["minutes"]
        if not minutes > 0:
            raise EvaluationError(f"The number of minutes must be above 0, not {minutes:g}.")
        device = chosen(options["device"])
        shown = digit_source(options["images"]) if recipe == "digits" else photo_source(options["images"], PHOTO_CROP)
        pictures = source(recipe, options["data"], device)
        entries = list(
            train_variants(recipe, pictures, folder, minutes=minutes, device=device, resume=options["resume"])
        )
        evaluation = Evaluation(entries, shown, count=options["count"], seed=0, shave=0, device=device)
        partial = PartialResults(
            folder / "ablation.json.partial", evaluation.plan(), resume=options["resume"], code_version=code_version()
        )
        with tqdm(total=evaluation.total, unit="sample") as bar:
            results = evaluation.run(partial, bar.update)
        partial.drop()
        return results
