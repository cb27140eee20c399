"""``manage.py sample_image``: draw samples of one image into a folder, without a database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from inference import samplers
from inference.core.images import read_image
from inference.core.weights import sha256_of
from inference.generation import weights_folder
from inference.sample_folder import MANIFEST, check_free, write_samples
from inference.samplers import SettingsError
from inference.version import code_version


class Command(BaseCommand):
    help = "Draw SR samples of one low-resolution image: PNG files and a manifest.json that says how they were made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("low_res", metavar="LR", type=Path, help="the low-resolution image")
        parser.add_argument("--sampler", required=True, help=f"one of {', '.join(samplers.names())}")
        parser.add_argument("--weights", required=True, help="name of the weights, or path of a .safetensors file")
        parser.add_argument("--count", type=int, default=10, help="number of samples (default 10)")
        parser.add_argument("--seed", type=int, default=0, help="seed of the first sample; the next have the next")
        parser.add_argument("--output", type=Path, required=True, help="folder for the files; made when missing")
        parser.add_argument(
            "--set",
            nargs="+",
            action="extend",
            default=[],
            metavar="KEY=VALUE",
            dest="values",
            help="settings of the sampler, such as steps=25 projection=2 (--settings is Django's own option)",
        )
        parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = self._draw(options)
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.") from error
        except (OSError, ValueError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {len(manifest['samples'])} samples and {MANIFEST} into {options['output']}")

    def _draw(self, options: dict[str, Any]) -> dict[str, Any]:
        name, count, folder = options["sampler"], options["count"], options["output"]
        if count < 1:
            raise SettingsError(f"The number of samples must be at least 1, not {count}.")
        chosen = samplers.settings_class(name).from_mapping(_pairs(options["values"]))
        check_free(folder)
        low_res = read_image(options["low_res"])
        sampler = samplers.load(name, options["weights"], options["device"], folders=[weights_folder()])
        drawn = sampler.draw(low_res, range(options["seed"], options["seed"] + count), chosen)
        facts = {
            "low_res_sha256": sha256_of(options["low_res"]),
            "sampler": name,
            "weights": options["weights"],
            "weights_sha256": sampler.weights_sha256,
            "scale": sampler.scale,
            "settings": chosen.as_mapping(),
            "arithmetic": sampler.arithmetic(chosen),
            "code_version": code_version(),
        }
        return write_samples(tqdm(drawn, total=count, unit="sample"), low_res, sampler.scale, folder, facts)


def _pairs(values: list[str]) -> dict[str, str]:
    wrong = [value for value in values if "=" not in value]
    if wrong:
        raise SettingsError(f"A setting is written as key=value, not {wrong[0]!r}.")
    return dict(value.split("=", 1) for value in values)
