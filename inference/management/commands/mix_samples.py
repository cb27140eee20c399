"""``manage.py mix_samples``: make more samples of two that ``sample_image`` drew, without a database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from inference import samplers
from inference.core.images import read_image
from inference.core.weights import sha256_of
from inference.generation import weights_folder
from inference.management.drawing import DrawingCommand
from inference.sample_folder import MANIFEST, write_samples
from inference.samplers.mixtures import FUSION, INTERPOLATION, MixtureError, Origin, fusion, interpolation, read_mixture
from inference.version import code_version


class Command(DrawingCommand):
    help = (
        "Make samples of two samples in a folder of sample_image: on the way from one to the other (interpolation), "
        "or the first with a region of the second, diffused anew in part so that it fits (fusion)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=(INTERPOLATION, FUSION))
        parser.add_argument("folder", type=Path, help=f"with the samples and their {MANIFEST}")
        parser.add_argument("first", type=int, help="index of the first sample")
        parser.add_argument("second", type=int, help="index of the second")
        parser.add_argument("--low-res", metavar="LR", type=Path, required=True, help="the low-resolution image")
        parser.add_argument(
            "--box", type=int, nargs=4, metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"), help="of a fusion, in pixels"
        )
        parser.add_argument(
            "--percent", type=int, default=40, help="how much of the chain a fusion goes back, 1 to 99 (default 40)"
        )
        super().add_arguments(parser)

    def draw(self, options: dict[str, Any]) -> dict[str, Any]:
        kind, count, folder = options["kind"], options["count"], options["folder"]
        made = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        settings = samplers.settings_class(made["sampler"])
        if kind not in getattr(settings, "MIXTURES", ()):
            raise MixtureError(f"The sampler {made['sampler']} cannot mix samples by {kind}.")
        low_res = _low_res(options["low_res"], made)
        parents = [_entry(made, index) for index in (options["first"], options["second"])]
        derivation = _derivation(made, parents, low_res, options)
        sampler = _sampler(made, options["device"])
        chosen = settings.from_mapping(made["settings"])
        files = {entry["sha256"]: folder / entry["file"] for entry in parents}
        seeds = range(1, count + 1) if kind == INTERPOLATION else range(options["seed"], options["seed"] + count)
        mixture = read_mixture(derivation, lambda sha256: _picture(files[sha256], sha256))
        drawn = sampler.draw_mixed(low_res, seeds, chosen, mixture=mixture)
        kept = ("low_res_sha256", "sampler", "weights", "weights_sha256", "scale", "settings")
        about = {name: made[name] for name in kept}
        about |= {"derivation": derivation, "arithmetic": sampler.arithmetic(chosen), "code_version": code_version()}
        bar = tqdm(drawn, total=count, unit="sample")
        return write_samples(bar, low_res, sampler.scale, options["output"], about)


def _derivation(
    made: dict[str, Any], parents: list[dict[str, Any]], low_res: NDArray[np.float32], options: dict[str, Any]
) -> dict[str, Any]:
    samples = [entry["sha256"] for entry in parents]
    if samples[0] == samples[1]:
        raise MixtureError("Both samples are the same picture: choose two different ones.")
    if options["kind"] == INTERPOLATION:
        if "derivation" in made:
            raise MixtureError(
                "These samples were made of others and have no noise of their own: choose drawn samples."
            )
        origins = [Origin(entry["seed"], entry["attempt"]) for entry in parents]
        return interpolation(samples, origins, options["count"])
    if options["box"] is None:
        raise MixtureError("A fusion needs --box LEFT TOP RIGHT BOTTOM, the region of the second sample.")
    size = low_res.shape[1] * made["scale"], low_res.shape[0] * made["scale"]
    return fusion(samples, options["box"], options["percent"], size)


def _low_res(path: Path, made: dict[str, Any]) -> NDArray[np.float32]:
    low_res = read_image(path)
    if sha256_of(path) != made["low_res_sha256"]:
        raise MixtureError(f"{path} is not the image that these samples were drawn of.")
    return low_res


def _entry(made: dict[str, Any], index: int) -> dict[str, Any]:
    for entry in made["samples"]:
        if entry["index"] == index:
            return entry
    raise MixtureError(f"There is no sample {index} among the {len(made['samples'])} of this folder.")


def _picture(path: Path, sha256: str) -> NDArray[np.float32]:
    if sha256_of(path) != sha256:
        raise MixtureError(f"{path} is not the file that its manifest names: draw the samples again.")
    return read_image(path)


def _sampler(made: dict[str, Any], device: str) -> Any:
    sampler = samplers.load(made["sampler"], made["weights"], device, folders=[weights_folder()])
    if sampler.weights_sha256 != made["weights_sha256"]:
        raise MixtureError(f"The weights {made['weights']} are no longer the ones that drew these samples.")
    return sampler
