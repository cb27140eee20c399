"""Recipe ``autoencoder photos``: the first stage that `ldm` and `resshift` share for photographs.

An autoencoder at f = 4 that is pulled weakly towards zero (Rombach et al., CVPR 2022, section 3.1). The codebook of the
published VQ-f4 limits a small network that is trained for minutes more than a few unquantised channels do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from inference.core.weights import find
from inference.samplers.blocks.latent import LatentNetworks
from inference.samplers.blocks.patches import PatchAutoencoder
from inference.samplers.device import low_precision
from inference.training.loops import Stage, run_stage, seed_everything, step_generator
from inference.training.pictures import Pictures
from inference.training.running import StageReport, Trained

SEED = 1
BATCH = 16
STEPS = 12_000
MINUTES = 15.0
RATE = 1e-3
PULL = 1e-3  # weight of the latents' mean square
BLUR = 0.05  # noise added to latents, so that the decoder forgives a sampler's small errors
NETWORK: dict[str, Any] = {
    "kind": "patch",
    "latent_channels": 12,
    "width": 80,
    "encoder_blocks": 2,
    "decoder_blocks": 6,
    "factor": 4,
}


def train_networks(
    recipe: str, pictures: Pictures, folder: Path, *, seconds: float | None, device: str, resume: bool
) -> Trained:
    """Train on crops; each latent channel is then scaled to unit standard deviation."""
    config = {
        "sampler": "autoencoder",
        "scale": pictures.scale,
        "channels": pictures.channels,
        "autoencoder": {**NETWORK, "in_channels": pictures.channels},
        "latent": {"mean": 0.0, "std": 1.0},
    }
    seed_everything(SEED)
    networks = LatentNetworks(config).to(device)

    def loss_of(step: int, generator: torch.Generator) -> torch.Tensor:
        images = pictures.batch(BATCH, generator).high * 2 - 1
        side = images.shape[2] // networks.factor
        blur = BLUR * torch.randn(BATCH, networks.latent_channels, side, side, generator=generator)
        with low_precision(torch.device(device)):
            return reconstruction(networks, images, blur.to(device))

    stage = Stage("autoencoder", STEPS, RATE, 0.998, 100, seconds or 60 * MINUTES, SEED)
    average, progress = run_stage(stage, networks, loss_of, folder, resume=resume)
    assert isinstance(average, LatentNetworks)
    standardise(average, pictures)
    report = StageReport("autoencoder", progress.step, BATCH, progress.seconds)
    about = f"autoencoder of residual blocks, f = 4, {average.latent_channels} latent channels"
    return Trained(average, config, (report,), SEED, about)


def reconstruction(networks: LatentNetworks, images: torch.Tensor, blur: torch.Tensor) -> torch.Tensor:
    """L1 of the image, decoded from blurred latents, and the weak pull of the latents to zero."""
    latents = networks.encode(images).float()
    decoded = networks.decode(latents + blur).float()
    return functional.l1_loss(decoded, images) + PULL * latents.square().mean()


@torch.no_grad()
def standardise(networks: LatentNetworks, pictures: Pictures, count: int = 512) -> None:
    """Move the standard deviation of each latent channel from the encoder's last layer to the decoder's first."""
    network = networks.autoencoder
    assert isinstance(network, PatchAutoencoder)
    images = pictures.batch(count, step_generator(SEED, "statistics", 0)).high * 2 - 1
    deviation = network.encode(images).std(dim=(0, 2, 3))
    last, first = network.encoder[-1], network.decoder[0]
    assert isinstance(last, nn.Conv2d)
    assert isinstance(first, nn.Conv2d)
    assert last.bias is not None
    last.weight /= deviation[:, None, None, None]
    last.bias /= deviation
    first.weight *= deviation[:, None, None]


def first_stage(recipe: str, checkpoints: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Config entries and tensors (keys ``autoencoder.*``) of the autoencoder that a recipe builds on.

    Photographs: weights ``autoencoder/photos``; digits: the autoencoder within ``ldm/digits``. Looked up in what
    ships, then in the folder of weights that ``checkpoints``, those of the present run, lie in.
    Raises WeightsError where it was not trained yet.
    """
    sampler, name = ("autoencoder", "photos") if recipe == "photos" else ("ldm", "digits")
    file = find(sampler, name, [checkpoints.parents[1]])
    tensors = {key: value.float() for key, value in load_file(file.path).items() if key.startswith("autoencoder.")}
    return {key: file.config[key] for key in ("autoencoder", "latent")}, tensors
