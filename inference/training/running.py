"""One training run: pictures in, a family's networks trained, weights and model card out."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from inference.training.card import command_line, machine_class, write_card
from inference.training.checkpoints import begin
from inference.training.log import keep
from inference.training.output import write_weights
from inference.training.pictures import source

PURPOSE = {
    "digits": "Draws handwritten digits from low-resolution images a quarter as high and wide, such as 7x7 MNIST "
    "digits or the 8x8 digits of scikit-learn. For trying the protocol; not for reading digits that matter.",
    "digits_x8": "Draws handwritten digits from low-resolution images of 4 x 4 pixels, where many digits are "
    "truly ambiguous. For trying the protocol; not for reading digits that matter.",
    "photos": "Draws photographs from low-resolution images a quarter as high and wide (bicubic). Small, and "
    "trained for minutes: for trying the protocol; no evidence of what was in front of the camera.",
}


@dataclass(frozen=True)
class StageReport:
    """One stage of a run, for the model card."""

    name: str
    steps: int
    batch: int
    seconds: float


@dataclass(frozen=True)
class Trained:
    """What a family's training gives: ``config`` complete, as it is stored; ``about``: the networks in one sentence."""

    networks: nn.Module
    config: dict[str, Any]
    stages: tuple[StageReport, ...]
    seed: int
    about: str


def run(
    module: ModuleType,
    sampler: str,
    recipe: str,
    *,
    output: Path,
    name: str,
    minutes: float | None,
    device: str,
    data: Path | None,
    resume: bool,
    command: str | None = None,
) -> Path:
    """Train by ``module.train_networks``, write weights and log, drop the checkpoints; returns the weights' path."""
    pictures = source(recipe, data, device)
    checkpoints = output / sampler / f"{name}.training"
    begin(checkpoints, {"sampler": sampler, "recipe": recipe, "data": pictures.fingerprint}, resume=resume)
    seconds = None if minutes is None else 60 * minutes
    trained: Trained = module.train_networks(
        recipe, pictures, checkpoints, seconds=seconds, device=device, resume=resume
    )
    count = sum(value.numel() for value in trained.networks.parameters())
    facts = {
        "networks": f"{trained.about}; {count:,} parameters, float16",
        **pictures.facts,
        "licence of the weights": "Apache-2.0",
        "steps": ", ".join(f"{stage.name} {stage.steps:,} x {stage.batch}" for stage in trained.stages),
        "minutes": f"{sum(stage.seconds for stage in trained.stages) / 60:.0f} on {machine_class(device)}",
        "seed": str(trained.seed),
        "command": command
        or command_line(sampler, recipe, name=name, minutes=minutes, device=device, data=data, output=output),
    }
    card = write_card(f"{sampler}/{name}", PURPOSE[recipe], facts)
    path = write_weights(trained.networks, trained.config, card, output, name)
    keep(checkpoints, path)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return path
