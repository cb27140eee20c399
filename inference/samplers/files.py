"""From a name or a path to verified weights."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inference.core.weights import WeightsError, WeightsFile, find, sha256_of, verify


def locate(sampler: str, weights: str | Path, folders: Iterable[Path | str] = ()) -> WeightsFile:
    """Find weights by name or by the path of their .safetensors file, verified by sha256.

    A name is compared with the manifest of its folder, a file with the "sha256" in the .json beside it. Raises
    WeightsError for anything missing or altered, and for weights of another family.
    """
    path = Path(weights)
    if path.suffix == ".safetensors" or path.is_absolute() or len(path.parts) > 1:
        file = _at(path, sampler)
    else:
        file = find(sampler, str(weights), folders)
    made_for = file.config.get("sampler")
    if made_for != sampler:
        raise WeightsError(f"The weights {file.path} were made for the sampler {made_for!r}, not for {sampler!r}.")
    return file


def _at(path: Path, sampler: str) -> WeightsFile:
    sha256 = sha256_of(path)
    config = _read_config(path.with_suffix(".json"))
    if "sha256" in config:
        verify(path, config["sha256"])
    return WeightsFile(sampler, path.stem, path, config, sha256)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise WeightsError(f"There is no readable {path} beside the weights: both files belong together.") from None
    if not isinstance(config, dict):
        raise WeightsError(f"The file {path} must hold a JSON object.")
    return config
