"""Writing trained weights: safetensors in float16, the config a sampler is built from, the model card, the manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from inference.core.weights import SHIPPED, sha256_of


def write_weights(networks: nn.Module, config: dict[str, Any], card: str, output: Path, name: str) -> Path:
    """Write ``<output>/<sampler>/<name>`` .safetensors, .json and .md; returns the first.

    config: "sampler", and all that the sampler's ``load`` needs; "sha256" is added
    Where ``output`` is the folder that ships, its manifest gets the new sha256.
    """
    path = output / config["sampler"] / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: value.detach().cpu().to(torch.float16 if value.is_floating_point() else value.dtype).contiguous()
        for key, value in networks.state_dict().items()
    }
    save_file(tensors, path)
    path.chmod(0o644)  # safetensors writes for the owner alone; web and workers may be others
    sha256 = sha256_of(path)
    write_json(path.with_suffix(".json"), {**config, "sha256": sha256})
    path.with_suffix(".md").write_text(card, encoding="utf-8")
    if output.resolve() == SHIPPED.resolve():
        enter(output, f"{config['sampler']}/{name}", path, sha256)
    return path


def enter(folder: Path, entry: str, path: Path, sha256: str) -> None:
    """Put one file into the manifest of a folder of weights."""
    manifest = folder / "manifest.json"
    known = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    known[entry] = {"sha256": sha256, "bytes": path.stat().st_size}
    write_json(manifest, dict(sorted(known.items())))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    os.replace(draft, path)
