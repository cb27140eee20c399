"""A stage in two phases: on all that a network should know, and last on what it will be asked most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from inference.training.loops import Stage, run_stage
from inference.training.pictures import Pictures
from inference.training.running import StageReport

ENDING = 0.3  # share of the time and of the steps
SLOWER = 0.3  # learning rate of the ending, as a share of the stage's

Loss = Callable[[Pictures, int, torch.Generator], torch.Tensor]


def phases(stage: Stage, pictures: Pictures) -> Iterator[tuple[Stage, Pictures]]:
    """The stage on ``pictures``, then a shorter and slower one on their `ending`, where they have one."""
    ending = pictures.ending()
    if ending is None:
        yield stage, pictures
        return
    yield _share(stage, 1 - ENDING), pictures
    slower = replace(stage, name=f"{stage.name}-ending", learning_rate=SLOWER * stage.learning_rate)
    yield _share(slower, ENDING), ending


def run_phases(
    stage: Stage, network: nn.Module, pictures: Pictures, batch: int, loss_of: Loss, folder: Path, *, resume: bool
) -> tuple[nn.Module, list[StageReport]]:
    """Train ``network`` by `run_stage` in all phases, each from the averaged network of the one before."""
    reports = []
    for phase, shown in phases(stage, pictures):
        average, done = run_stage(phase, network, partial(loss_of, shown), folder, resume=resume)
        network.load_state_dict(average.state_dict())
        reports.append(StageReport(phase.name, done.step, batch, done.seconds))
    return average, reports


def _share(stage: Stage, share: float) -> Stage:
    seconds = None if stage.seconds is None else share * stage.seconds
    return replace(stage, steps=max(1, round(share * stage.steps)), seconds=seconds)
