"""A checkpoint in its official layout into the config and tensors of a family, by the family's own converter."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import torch

from inference.core.weights import WeightsError
from inference.samplers.importing.checkpoint import read_tensors
from inference.samplers.importing.families import official
from inference.samplers.importing.folders import is_pipeline, pipeline, weights_files

SUFFIXES = (".bin", ".ckpt", ".pt", ".pth", ".safetensors")  # of files: "runs/model.ckpt" is no name on a hub


class Converted(NamedTuple):
    """What a family's networks are built and filled from, and the files that it was read from, by their names."""

    config: dict[str, Any]
    tensors: Mapping[str, torch.Tensor]
    files: dict[str, Path]


def convert(sampler: str, checkpoint: Path, autoencoder: Path | None = None) -> Converted:
    """Read and convert; WeightsError for files that are unreadable, or of another family.

    checkpoint: a file, a folder in diffusers' layout or its name on the Hugging Face hub
    """
    module = official(sampler)
    if checkpoint.suffix not in SUFFIXES and is_pipeline(checkpoint):
        return _from_folder(sampler, module, checkpoint, autoencoder)
    return _from_files(sampler, module, checkpoint, autoencoder)


def _from_folder(sampler: str, module: ModuleType, place: Path, autoencoder: Path | None) -> Converted:
    if not hasattr(module, "convert_folder"):
        raise WeightsError(f"Official checkpoints of {sampler!r} are files, and {place} is none.")
    if autoencoder is not None:
        raise WeightsError(f"The folder {place} has its autoencoder in it: leave the other one out.")
    folder = pipeline(place, module.PARTS)
    with _of_the_family(sampler, place.name):
        config, tensors = module.convert_folder(folder)
    files = {f"{place.name}/{file.relative_to(folder)}": file for file in weights_files(folder, module.PARTS)}
    return Converted(config, tensors, files)


def _from_files(sampler: str, module: ModuleType, checkpoint: Path, autoencoder: Path | None) -> Converted:
    if not hasattr(module, "convert"):
        raise WeightsError(f"Official checkpoints of {sampler!r} are folders in diffusers' layout: name the folder.")
    takes_two = "autoencoder" in inspect.signature(module.convert).parameters
    if autoencoder is not None and not takes_two:
        raise WeightsError(f"Official checkpoints of {sampler!r} are one file: leave the autoencoder's out.")
    if autoencoder is None and takes_two:
        raise WeightsError(
            f"Official checkpoints of {sampler!r} are two files: name the autoencoder's with --autoencoder."
        )
    files = [checkpoint] if autoencoder is None else [checkpoint, autoencoder]
    first, *rest = (read_tensors(file) for file in files)
    options = module.options(checkpoint.name) if hasattr(module, "options") else {}
    with _of_the_family(sampler, checkpoint.name):
        config, tensors = module.convert(first, *rest, **options)
    return Converted(config, tensors, {file.name: file for file in files})


@contextmanager
def _of_the_family(sampler: str, name: str) -> Iterator[None]:
    """Any surprise in a converter means that the checkpoint is not what the family expects."""
    try:
        yield
    except WeightsError as error:
        raise WeightsError(f"{name} is no official checkpoint of {sampler!r}: {error}") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error)[:100]}"
        raise WeightsError(f"{name} is no official checkpoint of {sampler!r} ({reason}).") from error
