"""The training log: what the losses were while a run went on, kept beside the weights."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from inference.training.output import whole

LOG = "log.csv"
COLUMNS = ("stage", "step", "seconds", "figure", "value")


def note(folder: Path, stage: str, step: int, seconds: float, figures: Mapping[str, float]) -> None:
    """Add a step's figures to the log in a folder of checkpoints; seconds: of the stage so far."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [[stage, step, f"{seconds:.1f}", name, f"{value:.6g}"] for name, value in figures.items()]
    with (folder / LOG).open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def keep(folder: Path, weights: Path) -> None:
    """Write the log beside the weights, ``<name>.csv``: each step once, as it was drawn last after an interruption."""
    log = folder / LOG
    rows: dict[tuple[str, str, str], list[str]] = {}
    if log.is_file():
        with log.open(newline="", encoding="utf-8") as file:
            rows = {(row[0], row[1], row[3]): row for row in csv.reader(file)}
    with whole(weights.with_suffix(".csv")) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows.values()])
