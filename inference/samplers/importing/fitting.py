"""Whether converted weights are exactly what a family's networks need: names, shapes, finite numbers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from tqdm import tqdm

from inference.core.weights import WeightsError
from inference.samplers.importing.checkpoint import listed


def check_fit(tensors: Mapping[str, torch.Tensor], networks: nn.Module) -> None:
    """Raise WeightsError unless every tensor has its place, no place is empty, all shapes agree and all is finite."""
    wanted = networks.state_dict()
    problems = []
    if missing := wanted.keys() - tensors.keys():
        problems.append(f"{len(missing)} missing ({listed(missing)})")
    if extra := tensors.keys() - wanted.keys():
        problems.append(f"{len(extra)} left over ({listed(extra)})")
    shapes = [
        f"{key} is {_shape(tensors[key])}, not {_shape(wanted[key])}"
        for key in sorted(wanted.keys() & tensors.keys())
        if tensors[key].shape != wanted[key].shape
    ]
    if shapes:
        problems.append(f"{len(shapes)} of another shape ({listed(shapes, 2)})")
    if problems:
        raise WeightsError(f"The checkpoint's tensors do not fit: {'; '.join(problems)}.")
    bad = [key for key, tensor in tqdm(tensors.items(), desc="Checking", unit="tensor") if not _finite(tensor)]
    if bad:
        raise WeightsError(f"{len(bad)} of the checkpoint's tensors hold numbers that are not finite ({listed(bad)}).")


def _finite(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"
