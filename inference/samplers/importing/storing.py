"""Putting imported weights where samplers are looked for: all of their files, or none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from inference.core import weights
from inference.core.weights import WeightsError, sha256_of

SUFFIXES = (".json", ".md", ".safetensors")  # the last one makes the weights visible
TAKEN = "There are weights {}/{} already: choose another name."
UNFINISHED = "An import of {}/{} is under way, or was broken off: wait for it, or delete {}."


def check_name(folder: Path, sampler: str, name: str) -> None:
    """Raise WeightsError for a name that cannot be used, or that weights of this sampler have already."""
    weights.check_name(folder, sampler, name)
    _check_free(folder / sampler / f"{name}.safetensors")


def _check_free(path: Path) -> None:
    """Raise WeightsError where one of the files is there; without weights it is from an import that did not end."""
    sampler, name = path.parent.name, path.stem
    if path.exists():
        raise WeightsError(TAKEN.format(sampler, name))
    if parts := [str(file) for suffix in SUFFIXES if (file := path.with_suffix(suffix)).exists()]:
        raise WeightsError(UNFINISHED.format(sampler, name, " and ".join(parts)))


@contextmanager
def draft(folder: Path, name: str, tensors: Mapping[str, torch.Tensor], config: Mapping[str, Any]) -> Iterator[Path]:
    """Weights in a hidden folder, ``<folder>/.importing-…/<sampler>/<name>`` .safetensors (float32) and .json.

    Nothing of it is left afterwards but what was published.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".importing-", dir=folder) as hidden:
        path = Path(hidden) / config["sampler"] / f"{name}.safetensors"
        path.parent.mkdir()
        _write(tensors, path)
        content = {**config, "sha256": sha256_of(path)}
        path.with_suffix(".json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        yield path


def publish(hidden: Path, card: str) -> Path:
    """Move a draft with its card (.md) to where samplers look; returns the new path."""
    hidden.with_suffix(".md").write_text(card, encoding="utf-8")
    target = hidden.parents[2] / hidden.parent.name
    target.mkdir(exist_ok=True)
    path = target / hidden.name
    try:
        # Made only if it is not there: of two imports under one name, one gets it.
        path.with_suffix(".json").open("x").close()
    except FileExistsError:
        _check_free(path)
        raise
    try:
        for suffix in SUFFIXES:
            hidden.with_suffix(suffix).chmod(0o644)  # web and workers may run as others
            os.replace(hidden.with_suffix(suffix), path.with_suffix(suffix))
    except BaseException:
        remove(path)
        raise
    return path


def remove(path: Path) -> None:
    """Take back what `publish` has put there."""
    for suffix in reversed(SUFFIXES):
        path.with_suffix(suffix).unlink(missing_ok=True)


def _write(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Floats with 32 bits; each tensor on memory of its own, as the format wants it."""
    plain: dict[str, torch.Tensor] = {}
    taken = set()
    for key, tensor in tensors.items():
        whole = (tensor.float() if tensor.is_floating_point() else tensor).contiguous()
        shared = whole.data_ptr() in taken or whole.untyped_storage().nbytes() != whole.nbytes
        plain[key] = whole.clone() if shared else whole
        taken.add(whole.data_ptr())
    try:
        save_file(plain, path)
    except SafetensorError as error:
        raise WeightsError(f"The weights cannot be written into {path.parents[2]}: {error}.") from error
