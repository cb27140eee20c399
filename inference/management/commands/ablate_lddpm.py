"""``manage.py ablate_lddpm``: the paper's ablation on our data, by one command."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from inference.evaluation import EvaluationError
from inference.evaluation.partial import PartialResults
from inference.evaluation.pictures import Source, digit_source, photo_source
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
            rows = self._ablate(options)
        except (OSError, ValueError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(plain(rows))
        self.stdout.write(f"Wrote {options['output'] / 'ablation.md'} and ablation.json")

    def _ablate(self, options: dict[str, Any]) -> list[list[str]]:
        from inference.samplers.device import chosen
        from inference.training.ablation import train_variants, with_collapsed
        from inference.training.output import write_json, write_text
        from inference.training.pictures import source

        recipe, folder, minutes = options["recipe"], options["output"], options["minutes"]
        for name in ("minutes", "images", "count"):
            if not options[name] > 0:
                raise EvaluationError(f"The number of {name} must be above 0, not {options[name]:g}.")
        device = chosen(options["device"])
        shown = _kept_out(recipe, options["images"], options["data"])
        pictures = source(recipe, options["data"], device)
        if not options["resume"]:
            (folder / "ablation.json.partial").unlink(missing_ok=True)
        entries, collapsed = train_variants(
            recipe, pictures, folder, minutes=minutes, device=device, resume=options["resume"]
        )
        evaluation = Evaluation(entries, shown, count=options["count"], seed=0, shave=0, device=device)
        partial = PartialResults(
            folder / "ablation.json.partial", evaluation.plan(), resume=options["resume"], code_version=code_version()
        )
        with tqdm(total=evaluation.total, unit="sample") as bar:
            results = evaluation.run(partial, bar.update)
        rows = with_collapsed(table(results), collapsed)
        write_json(folder / "ablation.json", {**results, "collapsed": collapsed}, indent=1)
        write_text(folder / "ablation.md", _document(recipe, minutes, rows, collapsed))
        partial.drop()
        return rows


def _kept_out(recipe: str, count: int, data: Path | None) -> Source:
    """Pictures of the same data that training does not see."""
    if recipe == "digits":
        return digit_source(count, data=data)
    return photo_source(count, PHOTO_CROP, data=data)


def _document(recipe: str, minutes: float, rows: list[list[str]], collapsed: dict[str, str]) -> str:
    from inference.training.ablation import TABLES

    title = f"# Ablation of LDDPM on {recipe}, {minutes:g} minutes each"
    said = [f"`{name}` collapsed: {sentence}" for name, sentence in collapsed.items()]
    return "\n\n".join([title, TABLES, markdown(rows), *said]) + "\n"
