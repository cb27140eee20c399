"""The model card beside trained weights: what they are, what they were made from, and what they reach."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Mapping
from pathlib import Path

QUALITY = "## Measured quality"
UNMEASURED = (
    "Not measured yet: `manage.py evaluate_space` measures, `python -m benchmarks.samplers_doc --cards` writes it here."
)


def write_card(title: str, purpose: str, facts: Mapping[str, str], quality: str = UNMEASURED) -> str:
    """A card in Markdown: a title, a paragraph, a table of facts, and the measured quality."""
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    return f"# {title}\n\n{purpose}\n\n| | |\n|---|---|\n{rows}\n\n{QUALITY}\n\n{quality}\n"


def command_line(sampler: str, recipe: str, **options: object) -> str:
    """The command that trains so, in Markdown, with the options that were given: those that are not None."""
    given = (
        f" --{name} {value:g}" if isinstance(value, float) else f" --{name} {shlex.quote(str(value))}"
        for name, value in options.items()
        if value is not None
    )
    return f"`python manage.py train {sampler} {recipe}{''.join(given)}`"


def replace_quality(card: Path, quality: str) -> None:
    """Put new figures into the last section of a card."""
    text = card.read_text(encoding="utf-8")
    head, mark, _ = text.partition(QUALITY)
    if not mark:
        raise ValueError(f"{card} has no section '{QUALITY}'.")
    card.write_text(f"{head}{QUALITY}\n\n{quality}\n", encoding="utf-8")


def machine_class(device: str) -> str:
    """The kind of machine, without its name: ``2 CPU cores (x86_64)``, or the name of the GPU."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"
