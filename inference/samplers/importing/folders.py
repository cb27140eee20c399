"""Pipelines as diffusers stores them: a folder with one sub-folder per network, here or on the Hugging Face hub."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.core.weights import WeightsError
from inference.samplers.importing.checkpoint import read_tensors

SWITCH = "TRUSTSR_ALLOW_DOWNLOADS"
STANDS_IN = {"text_encoder": "empty_prompt.safetensors"}  # in the folder itself, read instead of the part's own file
HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
FILES = (  # that hold a part's tensors, best first; of diffusers' networks, and of transformers' text encoders
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.fp16.safetensors",
    "diffusion_pytorch_model.bin",
    "model.safetensors",
    "model.fp16.safetensors",
    "pytorch_model.bin",
)
EARLIER = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}  # attention, before diffusers 0.17
ATTENTION = re.compile(r"(.*\.attentions\.\d+)\.(query|key|value|proj_attn)\.(\w+)")


def is_pipeline(place: Path) -> bool:
    """Whether this is a folder, or can only be a name on the hub (``owner/name``, nothing on this machine)."""
    return place.is_dir() or (not place.exists() and HUB_NAME.fullmatch(str(place)) is not None)


def pipeline(place: Path, parts: Sequence[str]) -> Path:
    """The folder itself, or the copy of a hub's folder on this machine, of which the parts are fetched.

    Raises WeightsError: for a hub name unless the operator has set TRUSTSR_ALLOW_DOWNLOADS, or when fetching fails.
    """
    if place.is_dir():
        return place
    if os.environ.get(SWITCH, "").lower() not in ("1", "true", "yes", "on"):
        raise WeightsError(
            f"There is no folder {place}, and fetching it from the Hugging Face hub is not allowed here: "
            f"download it yourself, or set {SWITCH}=1."
        )
    from huggingface_hub import snapshot_download

    try:
        copy = Path(snapshot_download(str(place), allow_patterns=_patterns(parts, ".json", ".safetensors")))
        networks = [name for name in parts if (copy / name / "config.json").is_file()]
        if bare := [name for name in networks if not weights_files(copy, [name])]:
            snapshot_download(str(place), allow_patterns=_patterns(bare, ".bin"))
        return copy
    except Exception as error:  # of requests, httpx or the hub's own: all mean that it did not arrive
        reason = " ".join(str(error).split())[:150]
        raise WeightsError(f"{place} could not be fetched from the Hugging Face hub: {reason}") from error


def _patterns(parts: Iterable[str], *kinds: str) -> list[str]:
    files = ("*.json", *(file for file in FILES if ".fp16." not in file))
    return [f"{name}/{file}" for name in parts for file in files if file.endswith(kinds)]


def part(folder: Path, name: str, kind: type[nn.Module]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Arguments for ``kind``, a network of diffusers, and its tensors under the names of today's diffusers."""
    stored = read_json(folder / name / "config.json")
    known = inspect.signature(kind.__init__).parameters
    files = weights_files(folder, [name])
    if not files:
        raise WeightsError(f"The folder {folder.name}/{name} has no {FILES[0]} and no .bin file.")
    tensors = {_today(key): tensor for key, tensor in read_tensors(files[0]).items()}
    return {key: value for key, value in stored.items() if key in known}, tensors


def weights_files(folder: Path, parts: Iterable[str]) -> list[Path]:
    """The file that each part is read from, of those that have one: what stands in for it, else safetensors."""
    places = ([STANDS_IN.get(name, ""), *(f"{name}/{file}" for file in FILES)] for name in parts)
    found = ([folder / file for file in files if (folder / file).is_file()] for files in places)
    return [files[0] for files in found if files]


def read_json(path: Path) -> dict[str, Any]:
    """A config of a pipeline's folder; WeightsError where it is missing or no JSON object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, Mapping):
        raise WeightsError(f"The folder {path.parent.parent.name} has no readable {path.parent.name}/{path.name}.")
    return dict(content)


def _today(key: str) -> str:
    match = ATTENTION.fullmatch(key)
    return f"{match[1]}.{EARLIER[match[2]]}.{match[3]}" if match else key
