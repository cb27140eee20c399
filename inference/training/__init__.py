"""Training of small weights that this project ships or that a user makes. ``manage.py train`` is its face.

torch is imported on first use only.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from inference.core.weights import check_name
from inference.threads import wait_passively

RECIPES = {
    ("autoencoder", "photos"): "inference.training.autoencoder",
    ("lddpm", "digits"): "inference.training.lddpm",
    ("lddpm", "photos"): "inference.training.lddpm",
    ("ldm", "digits"): "inference.training.ldm",
    ("ldm", "digits_x8"): "inference.training.ldm",
    ("ldm", "photos"): "inference.training.ldm",
    ("reader", "digits"): "inference.training.reader",
    ("resshift", "digits"): "inference.training.resshift",
    ("resshift", "photos"): "inference.training.resshift",
    ("srdiff", "digits"): "inference.training.srdiff",
    ("srdiff", "photos"): "inference.training.srdiff",
}

wait_passively()


class TrainingError(ValueError):
    """A training run that cannot start or end well; the message is one sentence."""


class Collapsed(TrainingError):
    """A training run whose networks are of no use: all samples alike, or numbers that are not finite."""


def recipes() -> list[str]:
    """All recipes as ``sampler recipe``."""
    return [" ".join(key) for key in sorted(RECIPES)]


def train(
    sampler: str,
    recipe: str,
    *,
    output: Path,
    name: str,
    minutes: float | None = None,
    device: str = "auto",
    data: Path | None = None,
    resume: bool = False,
    command: str | None = None,
) -> Path:
    """Train weights and write ``<output>/<sampler>/<name>.safetensors`` with config (.json) and model card (.md).

    minutes: bound on the whole run instead of the recipe's own (None)
    data: an .npz with ``images`` uint8 (N, 28, 28) and ``labels`` (None takes the usual places, else fonts), or a
        folder of photographs
    resume: go on from the checkpoints of an interrupted run with the same output, name, recipe and data; without it,
        they are thrown away
    command: for the model card, as it was typed (None: made from these arguments)

    Raises TrainingError for an unknown recipe, WeightsError for a name that cannot be used, and FileNotFoundError or
    ValueError for unusable data.
    """
    if (sampler, recipe) not in RECIPES:
        raise TrainingError(f"There is no recipe {sampler} {recipe}: choose one of {', '.join(recipes())}.")
    if minutes is not None and not minutes > 0:
        raise TrainingError(f"The number of minutes must be above 0, not {minutes}.")
    check_name(output, sampler, name)
    module = import_module(RECIPES[sampler, recipe])
    from inference.samplers.device import chosen

    device = chosen(device)
    if sampler == "reader":
        return module.train(
            output=output, name=name, minutes=minutes, device=device, data=data, resume=resume, command=command
        )
    from inference.training.running import run

    return run(
        module,
        sampler,
        recipe,
        output=output,
        name=name,
        minutes=minutes,
        device=device,
        data=data,
        resume=resume,
        command=command,
    )
