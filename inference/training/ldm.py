"""Recipes ``ldm digits``, ``ldm digits_x8`` and ``ldm photos``: a conditional U-Net on the latents of a first stage.

Sizes come from ``inference/samplers/ldm/<recipe>.json``. The U-Net predicts v on standardised latents. ``digits``
trains its VQ first stage itself; ``digits_x8`` goes on from ``ldm/digits``, and ``photos`` takes the first stage from
``autoencoder/photos``; both are copied into the finished file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import DDIMScheduler
from safetensors.torch import load_file

from inference.core.weights import find
from inference.samplers.device import low_precision
from inference.samplers.ldm.network import Networks, condition_of
from inference.training.autoencoder import first_stage
from inference.training.data import Pair
from inference.training.loops import Stage, seed_everything
from inference.training.losses import spread_steps, velocity
from inference.training.phases import run_phases
from inference.training.pictures import DigitSource, PhotoSource, Pictures
from inference.training.running import StageReport, Trained
from inference.training.vq import FirstStage, train_vq

SIZES = Path(__file__).parents[1] / "samplers" / "ldm"
SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.0015,
    "beta_end": 0.0155,
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
    "steps_offset": 0,
    "set_alpha_to_one": True,
    "clip_sample": False,
}
Batch = Callable[[Pictures, int, torch.Generator], Pair]


@dataclass(frozen=True)
class Recipe:
    """All numbers of one training run. ``minutes`` bounds the whole; steps bound each stage.

    wide_every: how often a batch shows fewer and larger pictures: walls of digits, crops twice as high and wide
    border: entries of the stored config beside networks and schedule
    """

    border: dict[str, Any]
    minutes: float
    steps: int
    batch: int
    rate: float
    seed: int = 1
    wide_every: int = 0
    vq: FirstStage | None = None


RECIPES = {
    "digits": Recipe(
        border={"micro_batch": 20, "window": 64},
        minutes=60.0,
        steps=12_000,
        batch=128,
        rate=1e-3,
        wide_every=8,
        vq=FirstStage(steps=2_600, share=0.25, batch=64, rate=1e-3),
    ),
    "digits_x8": Recipe(
        border={"micro_batch": 20, "window": 32},
        minutes=22.0,
        steps=12_000,
        batch=64,
        rate=1e-3,
    ),
    "photos": Recipe(
        border={"micro_batch": 8, "window": 64, "precision": "bfloat16", "tile": 64, "overlap": 16},
        minutes=45.0,
        steps=20_000,
        batch=16,
        rate=1e-3,
        wide_every=4,
    ),
}


def train_networks(
    recipe: str, pictures: Pictures, folder: Path, *, seconds: float | None, device: str, resume: bool
) -> Trained:
    """Run all stages of a recipe; checkpoints live in ``folder``."""
    numbers = RECIPES[recipe]
    seconds = seconds or 60 * numbers.minutes
    seed_everything(numbers.seed)
    reports: list[StageReport] = []
    if numbers.vq is not None and isinstance(pictures, DigitSource):
        config = sizes(recipe)
        networks = Networks({**config, "latent": {"mean": 0.0, "std": 1.0}}).to(device)
        bound = seconds * numbers.vq.share
        config["latent"], report = train_vq(networks, pictures, numbers.vq, bound, numbers.seed, folder, resume)
        reports.append(report)
        seconds -= bound
    elif recipe == "digits_x8":
        networks, config = warm_start(folder)
    else:
        networks, config = on_first_stage(recipe, pictures, folder)
    networks.to(device).autoencoder.requires_grad_(False)
    reports += train_unet(networks, pictures, numbers, seconds, folder, resume)
    border = {"sampler": "ldm", "scale": pictures.scale, "channels": pictures.channels, **numbers.border}
    about = f"first stage ({type(networks.autoencoder).__name__}) and U-Net of diffusers (v-prediction)"
    if recipe == "digits_x8":
        about += ", both taken from ldm/digits and the U-Net trained on"
    return Trained(networks.eval(), {**border, **config, "schedule": SCHEDULE}, tuple(reports), numbers.seed, about)


def sizes(recipe: str) -> dict[str, Any]:
    """The networks of a recipe that has sizes of its own."""
    content: dict[str, Any] = json.loads((SIZES / f"{recipe}.json").read_text(encoding="utf-8"))
    return content


def warm_start(folder: Path) -> tuple[Networks, dict[str, Any]]:
    """Networks and config entries of ``ldm/digits``: the condition is larger for x8, the channels are the same."""
    file = find("ldm", "digits", [folder.parents[1]])
    config = {key: file.config[key] for key in ("autoencoder", "unet", "latent")}
    networks = Networks(config)
    networks.load_state_dict({name: tensor.float() for name, tensor in load_file(file.path).items()})
    return networks, config


def on_first_stage(recipe: str, pictures: Pictures, folder: Path) -> tuple[Networks, dict[str, Any]]:
    """A new U-Net on a finished first stage, and the config entries of both."""
    config, tensors = first_stage(recipe, folder)
    channels = config["autoencoder"]["latent_channels"]
    ends = {"in_channels": channels + pictures.channels, "out_channels": channels}
    config["unet"] = {**sizes(recipe)["unet"], **ends}
    networks = Networks(config)
    networks.autoencoder.load_state_dict({name.removeprefix("autoencoder."): t for name, t in tensors.items()})
    return networks, config


def train_unet(
    networks: Networks, pictures: Pictures, numbers: Recipe, seconds: float, folder: Path, resume: bool
) -> list[StageReport]:
    """Train the U-Net in place to predict v (Salimans and Ho 2022) beside the low-resolution image."""
    scheduler = DDIMScheduler(**SCHEDULE)
    device = pictures.device

    def loss_of(shown: Pictures, step: int, generator: torch.Generator) -> torch.Tensor:
        wide = numbers.wide_every and step % numbers.wide_every == numbers.wide_every - 1
        pair = wide_batch(shown, numbers.batch, generator) if wide else shown.batch(numbers.batch, generator)
        with low_precision(device):
            with torch.no_grad():
                clean = networks.encode(pair.high * 2 - 1).float()
            noise = torch.randn(clean.shape, generator=generator).to(device)
            steps = spread_steps(len(clean), generator, scheduler.config.num_train_timesteps).to(device)
            noisy = scheduler.add_noise(clean, noise, steps)
            guess = networks.predict(noisy, steps, condition_of(pair.low, pictures.scale, networks.factor))
            return (guess - velocity(scheduler, clean, noise, steps)).square().mean()

    stage = Stage("unet", numbers.steps, numbers.rate, 0.999, 200, seconds, numbers.seed)
    networks.unet, reports = run_phases(stage, networks.unet, pictures, numbers.batch, loss_of, folder, resume=resume)
    return reports


def wide_batch(pictures: Pictures, count: int, generator: torch.Generator) -> Pair:
    """Fewer and larger pictures: walls of digits for the mosaic, crops twice as high and wide of photographs."""
    if isinstance(pictures, DigitSource):
        return pictures.digits.mosaic(max(1, count // 6), generator)
    assert isinstance(pictures, PhotoSource)
    return replace(pictures, size=2 * pictures.size).batch(max(1, count // 4), generator)
