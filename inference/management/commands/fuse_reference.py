"""``manage.py fuse_reference``: draw samples of one image with details of another, without a database."""

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

FAMILY = "lddpm"


class Command(BaseCommand):
    help = (
        "Draw SR samples of a low-resolution image whose details, everywhere or in one region, follow a reference "
        f"image of the samples' size. Weights of the family {FAMILY} can do this."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("low_res", metavar="LR", type=Path, help="the low-resolution image")
        parser.add_argument("reference", type=Path, help="the image whose details are taken")
        parser.add_argument("--weights", required=True, help=f"name or path of weights of {FAMILY}")
        parser.add_argument(
            "--box",
            type=int,
            nargs=4,
            metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
            help="region, in pixels (default all)",
        )
        parser.add_argument("--count", type=int, default=5, help="number of samples (default 5)")
        parser.add_argument("--seed", type=int, default=0, help="seed of the first sample; the next have the next")
        parser.add_argument("--output", type=Path, required=True, help="folder for the files; made when missing")
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
        count, folder, box = options["count"], options["output"], options["box"]
        if count < 1:
            raise SettingsError(f"The number of samples must be at least 1, not {count}.")
        check_free(folder)
        low_res, reference = read_image(options["low_res"]), read_image(options["reference"])
        sampler: Any = samplers.load(FAMILY, options["weights"], options["device"], folders=[weights_folder()])
        chosen = sampler.Settings()
        seeds = range(options["seed"], options["seed"] + count)
        drawn = sampler.draw_fused(low_res, reference, seeds, chosen, box=None if box is None else tuple(box))
        facts = {
            "low_res_sha256": sha256_of(options["low_res"]),
            "reference_sha256": sha256_of(options["reference"]),
            "box": box,
            "sampler": FAMILY,
            "weights": options["weights"],
            "weights_sha256": sampler.weights_sha256,
            "scale": sampler.scale,
            "settings": chosen.as_mapping(),
            "arithmetic": sampler.arithmetic(chosen),
            "code_version": code_version(),
        }
        return write_samples(tqdm(drawn, total=count, unit="sample"), low_res, sampler.scale, folder, facts)
