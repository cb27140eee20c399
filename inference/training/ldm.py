"""Recipe ``ldm digits``: small latent-diffusion weights, first the VQ autoencoder, then the U-Net on its latents.

Sizes of both networks come from ``inference/samplers/ldm/small.json``. The U-Net predicts v on standardised latents.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import DDIMScheduler, VQModel

from inference.samplers.ldm.network import Networks
from inference.training.card import machine_class, write_card
from inference.training.codebook import cluster
from inference.training.data import HELD_OUT, DigitPictures, Digits, load_digits
from inference.training.loops import Progress, Stage, low_precision, run_stage, seed_everything, step_generator
from inference.training.losses import autoencoding, spread_steps, velocity
from inference.training.output import write_weights

SIZES = Path(__file__).parents[1] / "samplers" / "ldm" / "small.json"
BORDER = {"sampler": "ldm", "scale": 4, "channels": 1, "micro_batch": 20, "window": 64}
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


@dataclass(frozen=True)
class Recipe:
    """All numbers of one training run. ``minutes`` bounds the whole; steps bound each stage."""

    seed: int = 1
    minutes: float | None = 60.0
    autoencoder_steps: int = 2_600
    unet_steps: int = 12_000
    autoencoder_share: float = 0.25
    autoencoder_batch: int = 64
    unet_batch: int = 128
    mosaic_every: int = 8
    plain_steps: int = 400
    autoencoder_rate: float = 1e-3
    unet_rate: float = 1e-3

    def stages(self) -> tuple[Stage, Stage]:
        """The two stages with their shares of the time."""
        total = None if self.minutes is None else 60 * self.minutes
        first = None if total is None else total * self.autoencoder_share
        second = None if total is None or first is None else total - first
        return (
            Stage("autoencoder", self.autoencoder_steps, self.autoencoder_rate, 0.995, 100, first, self.seed),
            Stage("unet", self.unet_steps, self.unet_rate, 0.999, 200, second, self.seed),
        )


@dataclass(frozen=True)
class Trained:
    """Finished networks, the config to be written beside them, and how long each stage ran."""

    networks: Networks
    config: dict[str, Any]
    progress: tuple[Progress, Progress]


def train(
    *,
    output: Path,
    name: str,
    minutes: float | None = None,
    device: str = "cpu",
    data: Path | None = None,
    resume: bool = False,
    recipe: Recipe | None = None,
) -> Path:
    """Train on the digits at ``data`` and write the weights; see `inference.training.train`."""
    recipe = recipe or Recipe()
    if minutes is not None:
        recipe = replace(recipe, minutes=minutes)
    digits, _ = load_digits(data).split()
    checkpoints = output / "ldm" / f"{name}.training"
    trained = train_networks(recipe, digits, checkpoints, device=device, resume=resume)
    config = {**BORDER, **trained.config}
    path = write_weights(trained.networks, config, _card(name, recipe, digits, trained, device), output, name)
    shutil.rmtree(checkpoints)
    return path


def _card(name: str, recipe: Recipe, digits: Digits, trained: Trained, device: str) -> str:
    first, second = trained.progress
    count = sum(value.numel() for value in trained.networks.parameters())
    facts = {
        "networks": f"VQ-f4 autoencoder and U-Net (v-prediction) of diffusers, {count:,} parameters, float16",
        "data": f"{digits.source}, {len(digits.images):,} images; the last {HELD_OUT:,} were never shown",
        "licence of the data": digits.licence,
        "licence of the weights": "Apache-2.0",
        "variation": "shift, size up to the whole frame, turn, slant, stroke width; half of the digits as they are",
        "low-resolution images": "bicubic reduction by 4 (antialiased), 8 bits; some block averages of 17 levels",
        "steps": f"autoencoder {first.step:,} x {recipe.autoencoder_batch}, "
        f"U-Net {second.step:,} x {recipe.unet_batch}",
        "minutes": f"{(first.seconds + second.seconds) / 60:.0f} on {machine_class(device)}",
        "seed": str(recipe.seed),
        "command": f"`python manage.py train ldm digits --name {name}`",
    }
    purpose = (
        "Draws handwritten digits from low-resolution images a quarter as high and wide, such as 7x7 MNIST digits or "
        "the 8x8 digits of scikit-learn. For trying the protocol; not for reading digits that matter."
    )
    return write_card(f"ldm/{name}", purpose, facts)


def train_networks(
    recipe: Recipe, digits: Digits, folder: Path, *, device: str = "cpu", resume: bool = False
) -> Trained:
    """Run both stages; checkpoints live in ``folder``."""
    config = {**json.loads(SIZES.read_text(encoding="utf-8")), "latent": {"mean": 0.0, "std": 1.0}}
    pictures = DigitPictures(digits, device)
    seed_everything(recipe.seed)
    networks = Networks(config).to(device)
    first, second = recipe.stages()
    autoencoder, first_progress = _train_autoencoder(recipe, first, networks.autoencoder, pictures, folder, resume)
    networks.autoencoder = autoencoder.requires_grad_(False)
    networks.mean, networks.std = _latent_statistics(networks, pictures, recipe.seed)
    config["latent"] = {"mean": networks.mean, "std": networks.std}
    unet, second_progress = _train_unet(recipe, second, networks, pictures, folder, resume)
    networks.unet = unet
    return Trained(networks.eval(), {**config, "schedule": SCHEDULE}, (first_progress, second_progress))


def _train_autoencoder(
    recipe: Recipe, stage: Stage, autoencoder: VQModel, pictures: DigitPictures, folder: Path, resume: bool
) -> tuple[VQModel, Progress]:
    autoencoder.quantize.legacy = False  # puts 0.25 on the commitment term, as the paper has it
    device = pictures.images.device

    def loss_of(step: int, generator: torch.Generator) -> torch.Tensor:
        if step == recipe.plain_steps:
            _fill_codebook(autoencoder, pictures, generator)
        images = pictures.batch(recipe.autoencoder_batch, generator).high * 2 - 1
        strength = 0.15 * torch.rand(len(images), 1, 1, 1, generator=generator)
        shape = (len(images), 3, images.shape[2] // 4, images.shape[3] // 4)
        blur = strength * torch.randn(shape, generator=generator)
        with low_precision(device):
            return autoencoding(autoencoder, images, blur.to(device), quantised=step >= recipe.plain_steps)

    return run_stage(stage, autoencoder, loss_of, folder, resume=resume)


@torch.no_grad()
def _fill_codebook(autoencoder: VQModel, pictures: DigitPictures, generator: torch.Generator) -> None:
    latents = autoencoder.encode(pictures.batch(512, generator).high * 2 - 1).latents
    vectors = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    codes = autoencoder.quantize.embedding.weight
    codes.copy_(cluster(vectors.cpu(), len(codes), generator))


@torch.no_grad()
def _latent_statistics(networks: Networks, pictures: DigitPictures, seed: int) -> tuple[float, float]:
    """Mean and standard deviation over all latents of 1,024 pictures."""
    images = pictures.batch(1024, step_generator(seed, "statistics", 0)).high * 2 - 1
    latents = torch.cat([networks.autoencoder.encode(part).latents for part in images.split(64)])
    return round(latents.mean().item(), 6), round(latents.std().item(), 6)


def _train_unet(
    recipe: Recipe, stage: Stage, networks: Networks, pictures: DigitPictures, folder: Path, resume: bool
) -> tuple[Any, Progress]:
    scheduler = DDIMScheduler(**SCHEDULE)
    device = pictures.images.device

    def loss_of(step: int, generator: torch.Generator) -> torch.Tensor:
        walls = step % recipe.mosaic_every == recipe.mosaic_every - 1
        pair = (
            pictures.mosaic(max(1, recipe.unet_batch // 6), generator)
            if walls
            else pictures.batch(recipe.unet_batch, generator)
        )
        with low_precision(device):
            with torch.no_grad():
                clean = networks.encode(pair.high * 2 - 1).float()
            noise = torch.randn(clean.shape, generator=generator).to(device)
            steps = spread_steps(len(clean), generator, scheduler.config.num_train_timesteps).to(device)
            noisy = scheduler.add_noise(clean, noise, steps)
            guess = networks.predict(noisy, steps, pair.low * 2 - 1).float()
            return (guess - velocity(scheduler, clean, noise, steps)).square().mean()

    return run_stage(stage, networks.unet, loss_of, folder, resume=resume)
