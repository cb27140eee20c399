"""Weights on disk: ``<sampler>/<name>.safetensors`` with its ``<name>.json``, verified by sha256.

Only finding and verifying; loading tensors is the sampler's business. The folder that ships has a
``manifest.json``, ``{"ldm/digits": {"sha256": "...", "bytes": 123}}``, and nothing in it is used unless it
matches.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).resolve().parent.parent / "weights"
SUFFIX = ".safetensors"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class WeightsError(ValueError):
    """Weights that are missing, unreadable or not the ones they claim to be; the message is one sentence."""


@dataclass(frozen=True)
class WeightsFile:
    """One trained set of parameters: ``config`` is the JSON beside the file, ``sha256`` that of the file."""

    sampler: str
    name: str
    path: Path
    config: dict[str, Any]
    sha256: str


def check_name(folder: Path, sampler: str, name: str) -> None:
    """Raise WeightsError for a name that weights written into ``folder`` cannot have.

    Nor can they have one that ships, unless that is the folder: `find` would always give the others.
    """
    if not _NAME.fullmatch(name) or name.endswith(SUFFIX):
        raise WeightsError(
            f"{name!r} is not a name of weights: take up to 100 letters, digits and '-_.', a letter or digit first, "
            f"and no {SUFFIX} at the end."
        )
    if folder.resolve() != SHIPPED.resolve() and (SHIPPED / sampler / f"{name}{SUFFIX}").exists():
        raise WeightsError(f"There are weights {sampler}/{name} already: choose another name.")


def sha256_of(path: Path | str) -> str:
    """The sha256 of a file's bytes as 64 hex digits; raises WeightsError when it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"The weights file {path} cannot be read: {error.strerror or error}.") from None


def verify(path: Path | str, sha256: str) -> None:
    """Raise WeightsError unless the file exists and has this sha256."""
    actual = sha256_of(path)
    if actual != sha256.lower():
        raise WeightsError(
            f"The weights file {path} is not the expected one (its sha256 begins {actual[:12]}, "
            f"not {sha256[:12]}): fetch or import it again."
        )


def manifest(folder: Path | str = SHIPPED) -> dict[str, dict[str, Any]]:
    """The folder's ``manifest.json``: "sampler/name" -> {"sha256", "bytes"}; empty where there is none."""
    path = Path(folder) / "manifest.json"
    return _read_json(path) if path.exists() else {}


def find(sampler: str, name: str, folders: Iterable[Path | str] = ()) -> WeightsFile:
    """Find and verify weights in the shipped folder, then in ``folders`` in their order.

    The sha256 is compared with the folder's manifest, which the shipped folder must have, else with the
    "sha256" of the JSON beside the file, where it has one. Raises WeightsError for unknown, incomplete or
    altered weights.
    """
    for part in (sampler, name):
        if not _NAME.fullmatch(part):
            raise WeightsError(f"{part!r} is not a name of a sampler or of weights.")
    for folder in (SHIPPED, *map(Path, folders)):
        path = folder / sampler / f"{name}{SUFFIX}"
        if path.is_file():
            return _verified(sampler, name, path, folder)
    raise WeightsError(f"There are no weights {sampler}/{name}: train or import them, or choose others.")


def _verified(sampler: str, name: str, path: Path, folder: Path) -> WeightsFile:
    config = _read_json(path.with_name(f"{name}.json"))
    entry = manifest(folder).get(f"{sampler}/{name}")
    if entry is None and folder == SHIPPED:
        raise WeightsError(f"The weights {sampler}/{name} are not in the manifest of the weights that ship.")
    expected = (entry or config).get("sha256")
    if expected is not None:
        verify(path, expected)
    return WeightsFile(sampler, name, path, config, expected.lower() if expected else sha256_of(path))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"The file {path} cannot be read: {error.strerror or error}.") from None
    except ValueError:
        raise WeightsError(f"The file {path} is not valid JSON.") from None
    if not isinstance(content, dict):
        raise WeightsError(f"The file {path} must hold a JSON object.")
    return content
