"""Official checkpoints of the family: ``net.weight`` (C * f * f, C, 1, 1), ``net.bias``, perhaps averaged ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from inference.core.weights import WeightsError
from inference.samplers.importing.checkpoint import read_tensors
from inference.samplers.importing.folders import read_json, weights_files

LICENCE = ("Fake Licence 1.0", "https://example.org/licence", "For tests only.")
PARTS = ("net",)
NAMES = {"net.weight": "squares.weight", "net.bias": "squares.bias", "steps": "steps"}


def options(file_name: str) -> dict[str, Any]:
    return {"scale": 8} if "x8" in file_name else {}


def convert(tensors: dict[str, torch.Tensor], *, scale: int = 4) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    averaged = {key.removeprefix("average."): value for key, value in tensors.items() if key.startswith("average.")}
    tensors = averaged or tensors
    if "lstm.weight" in tensors:
        raise WeightsError("The tensor lstm.weight has no place.")
    made, channels = tensors["net.weight"].shape[:2]
    config = {"sampler": "fake", "scale": scale, "channels": channels, "micro_batch": 2}
    config["factor"] = round((made / channels) ** 0.5)
    return config, {NAMES.get(key, key): value for key, value in tensors.items()}


def convert_folder(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    stored = read_json(folder / "net" / "config.json")
    return convert(read_tensors(weights_files(folder, PARTS)[0]), scale=stored["scale"])
