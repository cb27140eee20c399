"""The training loop of two networks against each other, as resumable as that of one (`loops.run_stage`)."""

from __future__ import annotations

import copy
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
from inference.training.loops import (
    SAVE_EVERY,
    SHOW_EVERY,
    Progress,
    Stage,
    learning_rate_share,
    step_generator,
    update_average,
)

Loss = Callable[[], torch.Tensor]
BETAS = (0.5, 0.9)  # of Adam, for both (DDGAN, appendix B.2)


@dataclass(frozen=True)
class Move:
    """What one step wants of each network; the critic's loss is asked for first, and its step taken, if it has one."""

    network: Loss
    critic: Loss | None


Play = Callable[[int, torch.Generator], Move]
Watch = Callable[[nn.Module], Mapping[str, float]]


def run_adversarial(
    stage: Stage,
    network: nn.Module,
    critic: nn.Module | None,
    play: Play,
    folder: Path,
    *,
    critic_rate: float,
    watch: Watch,
    resume: bool = False,
) -> tuple[nn.Module, Progress]:
    """Train ``network`` in place against ``critic`` (None: without); returns the averaged network and the progress.

    play: draws the batch of a step from the generator and says what is to be made small
    critic_rate: its learning rate as a share of the network's
    watch: says more of the averaged network each time the bar shows new figures
    """
    path = folder / f"{stage.name}.checkpoint"
    optimisers = [torch.optim.AdamW(network.parameters(), lr=stage.learning_rate, betas=BETAS, weight_decay=0.0)]
    rates = [stage.learning_rate]
    if critic is not None:
        rates.append(stage.learning_rate * critic_rate)
        optimisers.append(torch.optim.AdamW(critic.parameters(), lr=rates[1], betas=BETAS, weight_decay=0.0))
    average = copy.deepcopy(network).requires_grad_(False)
    parts: dict[str, Any] = {"network": network, "average": average, "critic": critic}
    progress = _restore(path, parts, optimisers) if resume and path.is_file() else Progress()
    bar = tqdm(total=stage.steps, initial=progress.step, desc=stage.name, mininterval=5.0)
    started, before = time.monotonic(), progress.seconds
    saved = started
    while not progress.finished and progress.share(stage) < 1:
        for optimiser, full in zip(optimisers, rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = full * learning_rate_share(progress, stage)
        move = play(progress.step, step_generator(stage.seed, stage.name, progress.step))
        shown = {}
        if critic is not None and move.critic is not None:
            shown["critic"] = _descend(move.critic(), critic, optimisers[1])
            critic.requires_grad_(False)
        shown["network"] = _descend(move.network(), network, optimisers[0])
        if critic is not None:
            critic.requires_grad_(True)
        update_average(average, network, stage.average, progress.step)
        progress.step += 1
        progress.seconds = before + time.monotonic() - started
        bar.update()
        if progress.step % SHOW_EVERY == 0:
            figures = {name: loss.item() for name, loss in shown.items()} | dict(watch(average))
            bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()})
            note(folder, stage.name, progress.step, progress.seconds, figures)
        if time.monotonic() - saved > SAVE_EVERY:
            _save(path, parts, optimisers, progress)
            saved = time.monotonic()
    bar.close()
    progress.finished = True
    _save(path, parts, optimisers, progress)
    return average.eval(), progress


def _descend(loss: torch.Tensor, network: nn.Module, optimiser: torch.optim.Optimizer) -> torch.Tensor:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return loss.detach()


def _save(path: Path, parts: dict[str, Any], optimisers: list[torch.optim.AdamW], progress: Progress) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items() if part is not None}
    state["optimisers"] = [optimiser.state_dict() for optimiser in optimisers]
    torch.save({**state, **asdict(progress)}, draft)
    os.replace(draft, path)


def _restore(path: Path, parts: dict[str, Any], optimisers: list[torch.optim.AdamW]) -> Progress:
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        if part is not None:
            part.load_state_dict(state[name])
    for optimiser, values in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(values)
    return Progress.of(state)
