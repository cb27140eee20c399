"""Writing trained weights: safetensors in float16, the config a sampler is built from, the model card, the manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from inference.core.weights import SHIPPED, sha256_of
from inference.training import Collapsed


def write_weights(networks: nn.Module, config: dict[str, Any], card: str, output: Path, name: str) -> Path:
    """Write ``<output>/<sampler>/<name>`` .safetensors, .json and .md; returns the first.

    config: "sampler", and all that the sampler's ``load`` needs; "sha256" is added
    Where ``output`` is the folder that ships, its manifest gets the new sha256. Raises Collapsed for numbers that
    are not finite.
    """
    path = output / config["sampler"] / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: value.detach().cpu().to(torch.float16 if value.is_floating_point() else value.dtype).contiguous()
        for key, value in networks.state_dict().items()
    }
    odd = next((key for key, value in tensors.items() if not value.isfinite().all()), None)
    if odd is not None:
        raise Collapsed(f"Not all numbers in {odd} are finite in float16: nothing is exported.")
    with whole(path) as draft:
        save_file(tensors, draft)
        draft.chmod(0o644)  # safetensors writes for the owner alone; web and workers may be others
        sha256 = sha256_of(draft)
    write_json(path.with_suffix(".json"), {**config, "sha256": sha256})
    write_text(path.with_suffix(".md"), card)
    if output.resolve() == SHIPPED.resolve():
        enter(output, f"{config['sampler']}/{name}", path, sha256)
    return path


def enter(folder: Path, entry: str, path: Path, sha256: str) -> None:
    """Put one file into the manifest of a folder of weights."""
    manifest = folder / "manifest.json"
    known = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    known[entry] = {"sha256": sha256, "bytes": path.stat().st_size}
    write_json(manifest, dict(sorted(known.items())))


def write_json(path: Path, content: Mapping[str, Any], *, indent: int = 2) -> None:
    """Whole or not at all."""
    write_text(path, json.dumps(content, indent=indent) + "\n")


def write_text(path: Path, text: str) -> None:
    """Whole or not at all."""
    with whole(path) as draft:
        draft.write_text(text, encoding="utf-8")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A draft beside ``path`` that takes its place once it is written; if that fails, nothing of it is left."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
