"""Recipes of ``lddpm``: first the average image of a low-resolution image, then the chain of details beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from inference.samplers.device import low_precision
from inference.samplers.lddpm.network import LatentFeatureNetworks
from inference.training import Collapsed
from inference.training.adversarial import run_adversarial
from inference.training.denoising_gan import SCHEDULE, Game, Terms
from inference.training.discriminator import Discriminator
from inference.training.loops import Stage, seed_everything, step_generator
from inference.training.phases import phases, run_phases
from inference.training.pictures import Pictures
from inference.training.running import StageReport, Trained

SIZES = Path(__file__).parents[1] / "samplers" / "lddpm"
FULL = {
    "use_attention": True,
    "use_cvae": True,
    "use_glow": True,
    "use_gan": True,
    "use_content": True,
    "use_style": True,
}
SPREAD = 0.5  # standard deviation of what is diffused, which schedules made for images in [-1, 1] expect
COLLAPSED = 1.0  # mean standard deviation of a pixel over samples, of 255, under which nothing is exported
ABOUT = (
    "LDDPM after the paper (Wang et al. 2023; no official code exists; the method is covered by the granted Chinese "
    "patent CN117078510B, see to it before any use in a product): U-Net with cross-attention to the low-resolution "
    "image, CVAE code, three-step Glow, denoising-GAN chain of 4 steps"
)


@dataclass(frozen=True)
class Recipe:
    """All numbers of one training run. ``minutes`` bounds the whole when nobody says otherwise.

    sizes: the name of the networks' sizes in the family's folder;  tile, overlap: as stored, see `Sampler`
    batch: pictures per step, each drawn twice, and a quarter of them twice more from the CVAE's posterior
    critic, critic_patch: the discriminator's widths and patch;  critic_rate: as a share of the chain's rate
    """

    sizes: str
    micro_batch: int
    minutes: float
    batch: int
    critic: tuple[int, ...]
    critic_patch: int
    terms: Terms
    tile: int = 32
    overlap: int = 16
    seed: int = 1
    steps: int = 20_000
    rate: float = 6e-4
    critic_rate: float = 1.5
    average: float = 0.997
    estimate_steps: int = 20_000
    estimate_rate: float = 1e-3
    estimate_share: float = 0.2
    estimate_batch: int = 64

    def stages(self, seconds: float | None) -> tuple[Stage, Stage]:
        """The two stages with their shares of the time."""
        bound = 60 * self.minutes if seconds is None else seconds
        first = bound * self.estimate_share
        return (
            Stage("estimate", self.estimate_steps, self.estimate_rate, 0.995, 50, first, self.seed),
            Stage("chain", self.steps, self.rate, self.average, 50, bound - first, self.seed),
        )


RECIPES = {
    "digits": Recipe("digits", 20, 45.0, 32, (32, 64, 96), 2, Terms(adversarial=0.3)),
    "photos": Recipe(
        "photos", 8, 58.0, 16, (64, 96, 128), 4, Terms(adversarial=0.1), estimate_batch=16, estimate_share=0.3
    ),
}


def config_of(recipe: Recipe, pictures: Pictures, switches: Mapping[str, bool]) -> dict[str, Any]:
    """What is stored beside the weights; sizes come from the family's folder. "residual" is measured later."""
    return {
        "sampler": "lddpm",
        "scale": pictures.scale,
        "channels": pictures.channels,
        "micro_batch": recipe.micro_batch,
        "precision": "bfloat16",
        "tile": recipe.tile,
        "overlap": recipe.overlap,
        "schedule": SCHEDULE,
        "residual": 1.0,
        **switches,
        **json.loads((SIZES / f"{recipe.sizes}.json").read_text(encoding="utf-8")),
    }


def train_networks(
    recipe: str,
    pictures: Pictures,
    folder: Path,
    *,
    seconds: float | None,
    device: str,
    resume: bool,
    switches: Mapping[str, bool] = FULL,
) -> Trained:
    """Train generator, low-resolution encoder and CVAE together; checkpoints live in ``folder``.

    switches: parts that an ablation leaves out; the names of `FULL`
    Raises Collapsed where all samples came out alike.
    """
    numbers = RECIPES[recipe]
    config = config_of(numbers, pictures, switches)
    seed_everything(numbers.seed)
    networks = LatentFeatureNetworks(config).to(device)
    critic = (
        Discriminator(pictures.channels, numbers.critic, numbers.critic_patch).to(device)
        if switches["use_gan"]
        else None
    )
    first, stage = numbers.stages(seconds)
    reports = _train_estimate(numbers, first, networks, pictures, folder, resume)
    config["residual"] = networks.residual = round(_deviation(numbers, networks, pictures) / SPREAD, 6)
    for number, (phase, shown) in enumerate(phases(stage, pictures)):
        game = Game(numbers.terms, switches, networks, critic, shown, batch=numbers.batch, seed=numbers.seed)
        if number == 0:
            game.fit_flow()
        average, done = run_adversarial(
            phase, networks, critic, game.play, folder, critic_rate=numbers.critic_rate, watch=game.watch, resume=resume
        )
        networks.load_state_dict(average.state_dict())
        reports.append(StageReport(phase.name, done.step, numbers.batch, done.seconds))
    variation = game.variation(networks)
    if switches["use_gan"] and variation < COLLAPSED:
        raise Collapsed(f"All samples came out alike (a pixel varies by {variation:.2f} of 255): nothing is exported.")
    return Trained(networks.eval(), config, tuple(reports), numbers.seed, ABOUT)


def _train_estimate(
    numbers: Recipe, stage: Stage, networks: LatentFeatureNetworks, pictures: Pictures, folder: Path, resume: bool
) -> list[StageReport]:
    """Teach the encoder of low-resolution images the average image: the mean squared error's winner."""

    def loss_of(shown: Pictures, step: int, dice: torch.Generator) -> torch.Tensor:
        pair = shown.batch(numbers.estimate_batch, dice)
        with low_precision(pictures.device):
            mean, _ = networks.estimate(pair.low * 2 - 1)
        return (mean - networks.to_grid(pair.high * 2 - 1)).square().mean()

    return run_phases(stage, networks.low_res, pictures, numbers.estimate_batch, loss_of, folder, resume=resume)[1]


@torch.no_grad()
def _deviation(numbers: Recipe, networks: LatentFeatureNetworks, pictures: Pictures) -> float:
    """How far images are from their average images: root mean square over 1,024 pictures, in [-1, 1]."""
    dice, errors = step_generator(numbers.seed, "deviation", 0), []
    for _ in range(16):
        pair = pictures.batch(64, dice)
        mean, _ = networks.estimate(pair.low * 2 - 1)
        errors.append((networks.to_grid(pair.high * 2 - 1) - mean).square().mean())
    return torch.stack(errors).mean().sqrt().item()
