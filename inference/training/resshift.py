"""Recipes ``resshift digits`` and ``resshift photos``: a Swin U-Net in the latent space of trained weights.

Sizes and schedule come from ``inference/samplers/resshift/*.json``. The loss is the mean squared error of what the
network says, unweighted over the time steps: of the clean latent as in the paper (Yue et al., NeurIPS 2023, section
3.1) or of the residual that the linear guess leaves open, which is the paper's loss with other weights of the steps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from inference.samplers.device import low_precision
from inference.samplers.resshift.network import LatentShifting
from inference.samplers.resshift.scheduler import chain
from inference.training.autoencoder import first_stage
from inference.training.loops import Stage, seed_everything, step_generator
from inference.training.losses import spread_steps
from inference.training.phases import run_phases
from inference.training.pictures import Pictures
from inference.training.running import Trained

SIZES = Path(__file__).parents[1] / "samplers" / "resshift"
SEED = 1


@dataclass(frozen=True)
class Plan:
    """The numbers of a recipe: whichever bound comes first, steps or minutes, ends it."""

    batch: int
    steps: int
    minutes: float
    rate: float


PLANS = {
    "digits": Plan(batch=64, steps=10_000, minutes=36.0, rate=8e-4),
    "photos": Plan(batch=16, steps=20_000, minutes=58.0, rate=1e-3),
}


def train_networks(
    recipe: str, pictures: Pictures, folder: Path, *, seconds: float | None, device: str, resume: bool
) -> Trained:
    """Train the U-Net alone; the autoencoder is the one of `first_stage` and stays as it is."""
    plan = PLANS[recipe]
    stored, tensors = first_stage(recipe, folder)
    config = complete(recipe, stored, pictures)
    seed_everything(SEED)
    networks = LatentShifting(config).to(device)
    networks.load_state_dict(tensors, strict=False)
    if config["schedule"].get("prediction_type") == "residual":
        config["schedule"]["residual"] = round(deviation(networks, pictures), 4)
    scheduler = chain(config)

    def loss_of(shown: Pictures, step: int, generator: torch.Generator) -> torch.Tensor:
        pair = shown.batch(plan.batch, generator)
        high, low = pair.high * 2 - 1, pair.low * 2 - 1
        with low_precision(torch.device(device)):
            with torch.no_grad():
                clean, shifted = (part.float() for part in (networks.encode(high), networks.shifted(low)))
            noise = torch.randn(clean.shape, generator=generator).to(device)
            steps = spread_steps(plan.batch, generator, len(scheduler)).to(device)
            state = scheduler.add_noise(clean, shifted, noise, steps)
            scaled = scheduler.scale_model_input(state, steps, shifted)
            said = networks.predict(scaled, steps, networks.condition(low)).float()
        return (said - scheduler.target(clean, steps, state, shifted)).square().mean()

    stage = Stage("unet", plan.steps, plan.rate, 0.999, 200, seconds or 60 * plan.minutes, SEED)
    _, reports = run_phases(stage, networks.unet, pictures, plan.batch, loss_of, folder, resume=resume)
    schedule = config["schedule"]
    about = (
        f"Swin U-Net ({schedule['num_train_timesteps']} steps, kappa {schedule['kappa']:g}, p {schedule['power']:g}, "
        f"predicts the {scheduler.config.prediction_type}) "
        f"in the latent space of {'autoencoder/photos' if recipe == 'photos' else 'ldm/digits'}"
    )
    return Trained(networks.eval(), config, tuple(reports), SEED, about)


@torch.no_grad()
def deviation(networks: LatentShifting, pictures: Pictures) -> float:
    """How far pictures are from the enlargements of their low-resolution images: root mean square of the latents."""
    pair = pictures.batch(512, step_generator(SEED, "deviation", 0))
    difference = networks.encode(pair.high * 2 - 1) - networks.shifted(pair.low * 2 - 1)
    return difference.square().mean().sqrt().item()


def complete(recipe: str, stored: dict[str, Any], pictures: Pictures) -> dict[str, Any]:
    """The config of the weights: sizes, first stage, and the channels and scale of the pictures."""
    sizes = json.loads((SIZES / f"{recipe}.json").read_text(encoding="utf-8"))
    latent = stored["autoencoder"]["latent_channels"]
    unet = {**sizes["unet"], "in_channels": latent + pictures.channels, "out_channels": latent}
    return {
        "sampler": "resshift",
        "scale": pictures.scale,
        "channels": pictures.channels,
        **sizes,
        **stored,
        "unet": unet,
    }
