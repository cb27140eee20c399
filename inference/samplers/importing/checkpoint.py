"""From a checkpoint file to one mapping of names to tensors, whatever it was wrapped in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from inference.core.weights import WeightsError
from inference.samplers.importing.torch_files import read_torch_file
from inference.samplers.importing.unpickling import Stored

# Where training programs put the weights, most specific first; () is the top level.
PLACES = (("state_dict", "model"), ("state_dict",), ("params_ema",), ("params",), ())
WRAPPERS = ("module.", "_orig_mod.")  # of DataParallel and of torch.compile
SHOWN = 3


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """All weights of a .safetensors, .ckpt, .pth, .pt or .bin file, under their names without wrappers' prefixes.

    Tensors lie on the file's own pages: memory is used when they are. Raises WeightsError, one sentence.
    """
    try:
        if path.stat().st_size == 0:
            raise WeightsError(f"{path.name} is empty: fetch it again.")
        found = load_file(path) if path.suffix == ".safetensors" else _from_torch(path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}.") from None
    except SafetensorError:
        raise WeightsError(f"{path.name} is no safetensors file, or is cut off: fetch it again.") from None
    return _without_wrappers(found, path.name)


def _from_torch(path: Path) -> dict[str, torch.Tensor]:
    file = read_torch_file(path)
    entries = _entries(file.content, path.name)
    others = [str(key) for key, value in entries.items() if not (isinstance(key, str) and isinstance(value, Stored))]
    if others:
        raise WeightsError(f"Among the weights of {path.name} are entries that are no tensors: {listed(others)}.")
    try:
        return {key: file.tensor(stored) for key, stored in entries.items()}
    except (KeyError, ValueError, RuntimeError, TypeError, OverflowError) as error:
        raise WeightsError(f"{path.name} is damaged: a tensor does not fit its numbers.") from error


def _entries(content: Any, name: str) -> Mapping[Any, Any]:
    """The first place that holds a tensor directly."""
    for place in PLACES:
        inner = content
        for key in place:
            inner = inner.get(key) if isinstance(inner, Mapping) else None
        if isinstance(inner, Mapping) and any(isinstance(value, Stored) for value in inner.values()):
            return inner
    raise WeightsError(f"{name} holds no weights where checkpoints keep them: at the top, in 'state_dict' or 'params'.")


def _without_wrappers(tensors: Mapping[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    bare = {}
    for key, tensor in tensors.items():
        short = key
        while short.startswith(WRAPPERS):
            short = short.removeprefix(WRAPPERS[0]).removeprefix(WRAPPERS[1])
        if short in bare:
            raise WeightsError(f"{name} holds the tensor {short} twice, with and without a prefix.")
        bare[short] = tensor
    return bare


def listed(names: Iterable[str], shown: int = SHOWN) -> str:
    """The first names and how many more there are: ``a, b, c and 12 more``."""
    ordered = sorted(names)
    first = ", ".join(name[:80] for name in ordered[:shown])
    return first if len(ordered) <= shown else f"{first} and {len(ordered) - shown} more"
