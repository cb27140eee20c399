"""The training loop: one seeded, resumable stage after another.

Every step draws all that is random from a generator seeded by (seed, stage, step), so the step number is the whole
state of the dice and a resumed run goes on exactly as an uninterrupted one.
"""

from __future__ import annotations

import copy
import hashlib
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from inference.training.log import note

SAVE_EVERY = 60.0  # seconds
SHOW_EVERY = 50  # steps

Loss = Callable[[int, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class Stage:
    """One network trained for ``steps`` steps, or for ``seconds`` where that is shorter."""

    name: str
    steps: int
    learning_rate: float
    average: float = 0.999
    warm_up: int = 100
    seconds: float | None = None
    seed: int = 0


@dataclass
class Progress:
    """How far a stage has come; kept in its checkpoint."""

    step: int = 0
    seconds: float = 0.0
    finished: bool = False  # the stages after it rest on it: more time on resuming does not take it up again

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Progress:
        """As it stands in a checkpoint."""
        return cls(state["step"], state["seconds"], state["finished"])

    def share(self, stage: Stage) -> float:
        """Share of the stage that is done, by steps or by time, whichever is further."""
        by_time = 0.0 if stage.seconds is None else self.seconds / stage.seconds
        return max(self.step / stage.steps, by_time)


def step_generator(seed: int, stage: str, step: int) -> torch.Generator:
    """A CPU generator that depends on nothing but its three arguments."""
    digest = hashlib.sha256(f"{seed}|{stage}|{step}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def seed_everything(seed: int) -> None:
    """Seed the initial values of networks; the steps have generators of their own."""
    torch.manual_seed(seed)


def update_average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of all parameters, with a shorter memory in the first steps; buffers are copied."""
    keep = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for mean, value in zip(average.parameters(), network.parameters(), strict=True):
            mean.lerp_(value, 1 - keep)
        for kept, present in zip(average.buffers(), network.buffers(), strict=True):
            kept.copy_(present)


def run_stage(
    stage: Stage, network: nn.Module, loss_of: Loss, folder: Path, *, resume: bool = False
) -> tuple[nn.Module, Progress]:
    """Train ``network`` in place by AdamW; returns the averaged network and how far it came.

    ``loss_of(step, generator)`` draws its batch from the generator. The checkpoint in ``folder`` is renewed each
    minute and at the end; with ``resume`` the stage goes on from it.
    """
    path = folder / f"{stage.name}.checkpoint"
    optimiser = torch.optim.AdamW(network.parameters(), lr=stage.learning_rate, betas=(0.9, 0.99), weight_decay=0.01)
    average = copy.deepcopy(network).requires_grad_(False)
    progress = _restore(path, network, average, optimiser) if resume and path.is_file() else Progress()
    bar = tqdm(total=stage.steps, initial=progress.step, desc=stage.name, mininterval=5.0)
    started, before = time.monotonic(), progress.seconds
    saved = started
    while not progress.finished and progress.share(stage) < 1:
        for group in optimiser.param_groups:
            group["lr"] = stage.learning_rate * learning_rate_share(progress, stage)
        loss = loss_of(progress.step, step_generator(stage.seed, stage.name, progress.step))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        update_average(average, network, stage.average, progress.step)
        progress.step += 1
        progress.seconds = before + time.monotonic() - started
        bar.update()
        if progress.step % SHOW_EVERY == 0:
            bar.set_postfix(loss=f"{loss.item():.4f}")
            note(folder, stage.name, progress.step, progress.seconds, {"loss": loss.item()})
        if time.monotonic() - saved > SAVE_EVERY:
            _save(path, network, average, optimiser, progress)
            saved = time.monotonic()
    bar.close()
    progress.finished = True
    _save(path, network, average, optimiser, progress)
    return average.eval(), progress


def learning_rate_share(progress: Progress, stage: Stage) -> float:
    """Linear warm-up, then half a cosine down to a fiftieth."""
    warm = min(1.0, (progress.step + 1) / stage.warm_up)
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress.share(stage))))


def _save(
    path: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, progress: Progress
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    torch.save(
        {
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            **asdict(progress),
        },
        draft,
    )
    os.replace(draft, path)


def _restore(path: Path, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer) -> Progress:
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return Progress.of(state)
