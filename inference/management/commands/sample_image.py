"""``manage.py sample_image``: draw samples of one image into a folder, without a database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tqdm import tqdm

from inference import samplers
from inference.core.images import read_image
from inference.generation import weights_folder
from inference.management.drawing import DrawingCommand, facts
from inference.sample_folder import write_samples
from inference.samplers import SettingsError


class Command(DrawingCommand):
    COUNT = 10
    help = "Draw SR samples of one low-resolution image: PNG files and a manifest.json that says how they were made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("low_res", metavar="LR", type=Path, help="the low-resolution image")
        parser.add_argument("--sampler", required=True, help=f"one of {', '.join(samplers.names())}")
        parser.add_argument("--weights", required=True, help="name of the weights, or path of a .safetensors file")
        parser.add_argument(
            "--set",
            nargs="+",
            action="extend",
            default=[],
            metavar="KEY=VALUE",
            dest="values",
            help="settings of the sampler, such as steps=25 projection=2 (--settings is Django's own option)",
        )
        super().add_arguments(parser)

    def draw(self, options: dict[str, Any]) -> dict[str, Any]:
        name, count, folder = options["sampler"], options["count"], options["output"]
        chosen = samplers.settings_class(name).from_mapping(_pairs(options["values"]))
        low_res = read_image(options["low_res"])
        sampler = samplers.load(name, options["weights"], options["device"], folders=[weights_folder()])
        drawn = sampler.draw(low_res, range(options["seed"], options["seed"] + count), chosen)
        about = facts(sampler, name, options["weights"], options["low_res"], chosen)
        return write_samples(tqdm(drawn, total=count, unit="sample"), low_res, sampler.scale, folder, about)


def _pairs(values: list[str]) -> dict[str, str]:
    wrong = [value for value in values if "=" not in value]
    if wrong:
        raise SettingsError(f"A setting is written as key=value, not {wrong[0]!r}.")
    return dict(value.split("=", 1) for value in values)
