"""The folder of a run's checkpoints: begun empty, or gone on with by the run that it belongs to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.training import TrainingError
from inference.training.output import write_json

RECORD = "run.json"


def begin(folder: Path, run: Mapping[str, Any], *, resume: bool) -> None:
    """Empty the folder for a new run; with ``resume`` see that the checkpoints in it, if any, are of this one.

    run: all that the stages depend on but the minutes, which may be others
    Raises TrainingError for checkpoints of another run.
    """
    if resume and folder.exists():
        record = folder / RECORD
        check_same(folder, json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}, run)
        return
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    write_json(folder / RECORD, run)


def check_same(path: Path, known: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Raise TrainingError unless what an interrupted run left at ``path`` is of this run."""
    other = next((name for name in run if known.get(name) != run[name]), None)
    if other is not None:
        raise TrainingError(
            f"{path} is of a run with another {other}: resume that one, or leave out --resume to begin anew."
        )
