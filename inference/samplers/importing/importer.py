"""An official checkpoint into weights of this project: read, convert, check, draw a test picture, store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from inference import samplers
from inference.core.weights import WeightsError, sha256_of
from inference.samplers.base import Sampler
from inference.samplers.importing.conversion import convert
from inference.samplers.importing.families import licence
from inference.samplers.importing.fitting import check_fit
from inference.samplers.importing.smoke import Smoke, smoke
from inference.samplers.importing.storing import check_name, draft, publish

Say = Callable[[str], None]


class Imported(NamedTuple):
    """Where the new weights lie, their sha256, the config beside them, and what the test picture gave."""

    path: Path
    sha256: str
    config: dict[str, Any]
    smoke: Smoke


def import_checkpoint(
    sampler: str, checkpoint: Path, folder: Path, name: str, *, autoencoder: Path | None = None, say: Say = print
) -> Imported:
    """Make ``<folder>/<sampler>/<name>`` .safetensors, .json and .md of an official checkpoint, or nothing.

    checkpoint: a file, a folder in diffusers' layout or its name on the Hugging Face hub
    autoencoder: its file, for families whose official checkpoints come in two;  say: told what is done next

    Raises SettingsError for an unknown sampler, WeightsError for anything that is wrong with the files: one sentence.
    """
    terms = licence(sampler)
    check_name(folder, sampler, name)
    say(f"Reading {checkpoint}")
    config, tensors, files = convert(sampler, checkpoint, autoencoder)
    say(f"Checking {len(tensors)} tensors")
    check_fit(tensors, _empty_networks(sampler, config))
    say(f"Taking the sha256 of {' and '.join(files)}")
    config = {**config, "sampler": sampler, "licence": str(terms), "source": _source(files, terms.url)}
    say("Writing")
    with draft(folder, name, tensors, config) as hidden:
        say("Drawing a test picture")
        loaded = samplers.load(sampler, hidden)
        result = smoke(loaded)
        path = publish(hidden, _card(f"{sampler}/{name}", config, result))
    return Imported(path, loaded.weights_sha256, config, result)


def _empty_networks(sampler: str, config: dict[str, Any]) -> nn.Module:
    """The networks of the config without numbers: shapes are enough, and the networks can be large."""
    module, _, name = samplers.families()[sampler].sampler.partition(":")
    kind: type[Sampler] = getattr(import_module(module), name)
    try:
        with torch.device("meta"):
            return kind.build(config)
    except Exception as error:  # whatever sizes that exclude each other lead to
        reason = " ".join(str(error).split())[:150]
        raise WeightsError(f"No network of {sampler!r} has the sizes of this checkpoint ({reason}).") from error


def _source(files: Mapping[str, Path], url: str) -> str:
    """The files with their sha256 and where such files are from, as one line."""
    return "; ".join([*(f"{name}, sha256 {sha256_of(file)}" for name, file in files.items()), f"see {url}"])


def _card(title: str, config: Mapping[str, Any], result: Smoke) -> str:
    return (
        f"# {title}\n\nImported from an official checkpoint, converted to float32. Not trained by this project, and "
        f"not to be passed on unless the licence says so.\n\n| | |\n|---|---|\n| source | {config['source']} |\n"
        f"| licence | {config['licence']} |\n| scale | x{config['scale']}, {config['channels']} channels |\n"
        f"| test picture | one sample {result.sample:.2f} dB, bicubic {result.bicubic:.2f} dB (PSNR) |\n"
    )
