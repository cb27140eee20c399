"""``manage.py fuse_reference``: draw samples of one image with details of another, without a database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tqdm import tqdm

from inference import samplers
from inference.core.images import read_image
from inference.core.weights import sha256_of
from inference.generation import weights_folder
from inference.management.drawing import DrawingCommand, facts
from inference.sample_folder import write_samples

FAMILY = "lddpm"


class Command(DrawingCommand):
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
        super().add_arguments(parser)

    def draw(self, options: dict[str, Any]) -> dict[str, Any]:
        count, folder, box = options["count"], options["output"], options["box"]
        low_res, reference = read_image(options["low_res"]), read_image(options["reference"])
        sampler: Any = samplers.load(FAMILY, options["weights"], options["device"], folders=[weights_folder()])
        chosen = sampler.Settings()
        seeds = range(options["seed"], options["seed"] + count)
        drawn = sampler.draw_fused(low_res, reference, seeds, chosen, box=None if box is None else tuple(box))
        about = facts(sampler, FAMILY, options["weights"], options["low_res"], chosen)
        about |= {"reference_sha256": sha256_of(options["reference"]), "box": box}
        return write_samples(tqdm(drawn, total=count, unit="sample"), low_res, sampler.scale, folder, about)
