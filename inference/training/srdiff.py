"""Recipes ``srdiff digits`` and ``photos``: first the encoder alone, then encoder and U-Net together.

Sizes and schedule come from ``inference/samplers/srdiff/*.json``. What differs from Li et al.: the U-Net predicts v,
the loss is squared (a mean, where L1 would teach a median, so that the shares of a pool are calibrated), and the
residual is scaled to a deviation near 1 and hardly ever cut; the encoder's guess is of the residual. Photographs are
refined from that guess ("to": "guess"): from bicubic, minutes on a processor do not teach the U-Net what an encoder
learns in the same time, and the mean of a pool stays below it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from inference.samplers.blocks.chain import schedule
from inference.samplers.device import low_precision
from inference.samplers.srdiff.network import Networks
from inference.training.data import Pair
from inference.training.loops import Stage, run_stage, seed_everything
from inference.training.losses import spread_steps, velocity
from inference.training.phases import run_phases
from inference.training.pictures import Pictures
from inference.training.running import StageReport, Trained

SIZES = Path(__file__).parents[1] / "samplers" / "srdiff"
SEED = 1
GUESS = 0.2  # weight of the encoder's own loss beside the U-Net's


@dataclass(frozen=True)
class Plan:
    """The numbers of a recipe. Minutes end a stage, unless its steps are done before; ``first``: the encoder's share.

    batches: of the encoder alone, and of both together
    """

    sizes: str
    minutes: float
    first: float
    batches: tuple[int, int]
    rates: tuple[float, float]
    steps: tuple[int, int]


PLANS = {
    "digits": Plan("digits", 55.0, 0.05, (64, 32), (1e-3, 1e-3), (400, 12_000)),
    "photos": Plan("photos", 35.0, 0.4, (16, 8), (5e-4, 1e-3), (8_000, 20_000)),
}


def train_networks(
    recipe: str, pictures: Pictures, folder: Path, *, seconds: float | None, device: str, resume: bool
) -> Trained:
    """Run both stages; checkpoints live in ``folder``."""
    plan = PLANS[recipe]
    config = complete(plan, pictures)
    seed_everything(SEED)
    networks = Networks(config).to(device)
    networks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # faster convolutions on CPUs
    total = seconds or 60 * plan.minutes
    stages = (
        Stage("encoder", plan.steps[0], plan.rates[0], 0.99, 100, total * plan.first, SEED),
        Stage("networks", plan.steps[1], plan.rates[1], 0.999, 200, total * (1 - plan.first), SEED),
    )

    def of_encoder(step: int, generator: torch.Generator) -> torch.Tensor:
        pair = pictures.batch(plan.batches[0], generator)
        with low_precision(pictures.device):
            return guess_loss(networks, pair, networks.features(pair.low))

    def of_both(shown: Pictures, step: int, generator: torch.Generator) -> torch.Tensor:
        pair = shown.batch(plan.batches[1], generator)
        with low_precision(pictures.device):
            return joint_loss(networks, config, pair, generator)

    averaged, first = run_stage(stages[0], networks.encoder, of_encoder, folder, resume=resume)
    networks.encoder.load_state_dict(averaged.state_dict())
    if (
        networks.guesses
    ):  # residuals are to what the encoder says: it stays as it is, "fix_rrdb" of the official program
        networks.encoder.requires_grad_(False)
    finished, of_phases = run_phases(stages[1], networks, pictures, plan.batches[1], of_both, folder, resume=resume)
    reports = (StageReport(stages[0].name, first.step, plan.batches[0], first.seconds), *of_phases)
    to = "the encoder's own enlargement" if networks.guesses else "the bicubic enlargement"
    about = f"RRDB encoder and U-Net of SRDiff (T = 100, v-prediction of the residual to {to})"
    return Trained(finished, config, reports, SEED, about)


def complete(plan: Plan, pictures: Pictures) -> dict[str, Any]:
    """The config of the weights: sizes, and the scale and channels of the pictures."""
    sizes = json.loads((SIZES / f"{plan.sizes}.json").read_text(encoding="utf-8"))
    of_pictures = {"scale": pictures.scale, "channels": pictures.channels, "size": pictures.size // pictures.scale}
    return {"sampler": "srdiff", **sizes, **of_pictures}


def guess_loss(networks: Networks, pair: Pair, features: list[torch.Tensor]) -> torch.Tensor:
    """L1 of what the encoder alone makes of the residual to the bicubic enlargement."""
    residual = networks.residual(pair.high * 2 - 1, networks.base(pair.low))
    return functional.l1_loss(networks.encoder.guess(features[-1]).float(), residual)


def joint_loss(networks: Networks, config: dict[str, Any], pair: Pair, generator: torch.Generator) -> torch.Tensor:
    """Mean squared error of v at random time steps, and the encoder's own loss unless it is fixed."""
    levels = schedule(config)
    features = networks.features(pair.low)
    base = networks.base(pair.low)
    if networks.guesses:
        base = base + networks.encoder.guess(features[-1]).float() / networks.rescale
    clean = networks.residual(pair.high * 2 - 1, base)
    noise = torch.randn(clean.shape, generator=generator).to(clean.device)
    steps = spread_steps(len(clean), generator, levels.config.num_train_timesteps).to(clean.device)
    state = levels.add_noise(clean, noise, steps)
    guess = networks.unet(state, steps, networks.condition(features)).float()
    error = (guess - velocity(levels, clean, noise, steps)).square().mean()
    return error if networks.guesses else error + GUESS * guess_loss(networks, pair, features)
