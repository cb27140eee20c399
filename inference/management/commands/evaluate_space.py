"""``manage.py evaluate_space``: how well samplers cover the images that could have made the LR images."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from inference import samplers
from inference.evaluation import EvaluationError, figure
from inference.evaluation.partial import PartialResults
from inference.evaluation.pictures import Source, digit_source, folder_source, photo_source, read_labels
from inference.evaluation.running import Entry, Evaluation
from inference.evaluation.table import plain, table
from inference.generation import weights_folder
from inference.samplers import SettingsError
from inference.version import code_version


class Command(BaseCommand):
    help = (
        'Measure samplers by the NTIRE protocol "Learning the SR space": LR consistency, diversity, fidelity and, for '
        "digits, legibility and calibration. Several samplers and as many weights are compared in one table."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        several: dict[str, Any] = {"nargs": "+", "action": "extend", "required": True, "metavar": "NAME"}
        parser.add_argument("--sampler", **several, help=f"one or more of {', '.join(samplers.names())}")
        parser.add_argument("--weights", **several, help="name, or path of a .safetensors file; one for each sampler")
        images = parser.add_mutually_exclusive_group(required=True)
        images.add_argument("--images", type=Path, help="folder of HR images, or of pairs called *_HR.* and *_LR.*")
        images.add_argument("--digits", type=int, help="this many of the digits that training never sees")
        images.add_argument("--photos", type=int, help="this many of the photographs that training never sees")
        parser.add_argument("--hard", type=int, default=0, help="with --digits: this many more that are hard to read")
        parser.add_argument("--labels", type=Path, help="with --images: CSV file of the images' names and their digits")
        parser.add_argument("--crop", type=int, help="take the middle of each HR image, so many pixels square")
        parser.add_argument("--count", type=int, default=10, help="samples of each image (default 10, as NTIRE)")
        parser.add_argument("--seed", type=int, default=0, help="seed of the first sample (default 0)")
        parser.add_argument(
            "--set",
            nargs="+",
            action="extend",
            default=[],
            metavar="KEY=VALUE",
            dest="values",
            help="settings of all samplers, such as projection=2, or of one family, such as ldm.steps=25",
        )
        parser.add_argument("--shave", type=int, default=0, help="border pixels left out of PSNR and SSIM (default 0)")
        parser.add_argument("--json", type=Path, required=True, help="file for the results")
        parser.add_argument("--figure", type=Path, help="file for a figure, .svg or .png")
        parser.add_argument("--resume", action="store_true", help="go on with an interrupted run of this evaluation")
        parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            results = self._evaluate(options)
            if options["figure"] is not None:
                figure.write(results, options["figure"])
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}." if error.filename else str(error)) from error
        except (OSError, ValueError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(plain(table(results)))
        if results["distance"]["reason"]:
            self.stdout.write(results["distance"]["reason"])
        for one in results["samplers"]:
            if "hard" not in one["summary"].get("labels", {"hard": None}):
                self.stdout.write(f"{one['name']}: no classifier reads LR images of this size, so none is called hard.")
        self.stdout.write(f"Wrote {options['json']}")

    def _evaluate(self, options: dict[str, Any]) -> dict[str, Any]:
        for file in (options["json"], options["figure"]):
            if file is not None and not file.parent.is_dir():
                raise EvaluationError(f"There is no folder {file.parent}: make it first.")
        if options["figure"] is not None:
            figure.check_path(options["figure"])
        from inference.samplers.device import chosen

        device = chosen(options["device"])
        evaluation = Evaluation(
            _entries(options, device),
            _source(options),
            count=options["count"],
            seed=options["seed"],
            shave=options["shave"],
            device=device,
        )
        path: Path = options["json"]
        partial = PartialResults(
            path.with_name(f"{path.name}.partial"),
            evaluation.plan(),
            resume=options["resume"],
            code_version=code_version(),
        )
        with tqdm(total=evaluation.total, unit="sample") as bar:
            results = evaluation.run(partial, bar.update)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        os.replace(draft, path)
        partial.drop()
        return results


def _entries(options: dict[str, Any], device: str) -> list[Entry]:
    """All settings are checked before the first network is loaded."""
    families, weights = (
        [value] if isinstance(value, str) else value for value in (options["sampler"], options["weights"])
    )
    if len(families) != len(weights):
        raise EvaluationError(f"Name as many weights as samplers, not {len(weights)} for {len(families)}.")
    chosen = {family: _settings(family, options["values"], set(families)) for family in families}
    return [
        Entry(family, name, samplers.load(family, name, device, folders=[weights_folder()]), chosen[family])
        for family, name in zip(families, weights, strict=True)
    ]


def _settings(family: str, values: list[str], families: set[str]) -> samplers.SamplerSettings:
    """The settings of one family: values without a prefix, then those with its own."""
    mine: dict[str, str] = {}
    for value in sorted(values, key=lambda one: "." in one.partition("=")[0]):
        key, mark, content = value.partition("=")
        prefix, dot, name = key.rpartition(".")
        if not mark:
            raise SettingsError(f"A setting is written as key=value, not {value!r}.")
        if dot and prefix not in families:
            raise SettingsError(f"The setting {value!r} is of {prefix!r}, which is not evaluated here.")
        if not dot or prefix == family:
            mine[name] = content
    return samplers.settings_class(family).from_mapping(mine)


def _source(options: dict[str, Any]) -> Source:
    misplaced = (
        ("hard", options["hard"], options["digits"] is None, "--digits"),
        ("labels", options["labels"], options["images"] is None, "--images"),
        ("crop", options["crop"], options["digits"] is not None, "--images or --photos"),
    )
    for name, value, wrong, belongs in misplaced:
        if value and wrong:
            raise EvaluationError(f"--{name} goes with {belongs}.")
    if options["digits"] is not None:
        return digit_source(options["digits"], options["hard"])
    if options["photos"] is not None:
        return photo_source(options["photos"], options["crop"])
    labels = None if options["labels"] is None else read_labels(options["labels"])
    return folder_source(options["images"], options["crop"], labels)
