"""The VQ first stage of ``ldm digits``: an autoencoder whose codebook is filled once its latents have settled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import VQModel

from inference.samplers.device import low_precision
from inference.samplers.ldm.network import Networks
from inference.training.codebook import cluster
from inference.training.loops import Stage, run_stage, step_generator
from inference.training.losses import autoencoding
from inference.training.pictures import DigitSource
from inference.training.running import StageReport


@dataclass(frozen=True)
class FirstStage:
    """Its numbers. share: of the time of the whole run; plain_steps: before the codebook is filled and used."""

    steps: int
    share: float
    batch: int
    rate: float
    plain_steps: int = 400


def train_vq(
    networks: Networks,
    pictures: DigitSource,
    numbers: FirstStage,
    seconds: float,
    seed: int,
    folder: Path,
    resume: bool,
) -> tuple[dict[str, float], StageReport]:
    """Train the autoencoder in place; also gives mean and std of its latents, which the networks then apply."""
    network = networks.autoencoder
    assert isinstance(network, VQModel)
    network.quantize.legacy = False  # puts 0.25 on the commitment term, as the paper has it

    def loss_of(step: int, generator: torch.Generator) -> torch.Tensor:
        if step == numbers.plain_steps:
            fill_codebook(network, pictures, generator)
        images = pictures.batch(numbers.batch, generator).high * 2 - 1
        strength = 0.15 * torch.rand(len(images), 1, 1, 1, generator=generator)
        shape = (len(images), network.config.latent_channels, images.shape[2] // 4, images.shape[3] // 4)
        blur = strength * torch.randn(shape, generator=generator)
        with low_precision(pictures.device):
            return autoencoding(network, images, blur.to(pictures.device), quantised=step >= numbers.plain_steps)

    stage = Stage("autoencoder", numbers.steps, numbers.rate, 0.995, 100, seconds, seed)
    networks.autoencoder, progress = run_stage(stage, network, loss_of, folder, resume=resume)
    networks.mean, networks.std = latent_statistics(networks, pictures, seed)
    report = StageReport("autoencoder", progress.step, numbers.batch, progress.seconds)
    return {"mean": networks.mean, "std": networks.std}, report


@torch.no_grad()
def fill_codebook(network: VQModel, pictures: DigitSource, generator: torch.Generator) -> None:
    """Put the codes where the latents of 512 pictures cluster."""
    latents = network.encode(pictures.batch(512, generator).high * 2 - 1).latents
    vectors = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    codes = network.quantize.embedding.weight
    codes.copy_(cluster(vectors.cpu(), len(codes), generator))


@torch.no_grad()
def latent_statistics(networks: Networks, pictures: DigitSource, seed: int) -> tuple[float, float]:
    """Mean and standard deviation over all latents of 1,024 pictures; expects networks that do not standardise yet."""
    images = pictures.batch(1024, step_generator(seed, "statistics", 0)).high * 2 - 1
    latents = torch.cat([networks.encode(part) for part in images.split(64)])
    return round(latents.mean().item(), 6), round(latents.std().item(), 6)
