"""Which weights there are: those that ship, and those trained or imported into the data folder."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inference import samplers
from inference.core.weights import SHIPPED, WeightsError, find, manifest
from inference.generation import weights_folder
from inference.models import Weights

log = logging.getLogger(__name__)


def catalogue() -> list[Weights]:
    """A row for all weights on this machine whose sampler is known, by sampler in the registry's order and by name.

    Their files are verified when they are used, not here: hashing large files would take a page too long.
    """
    found: dict[tuple[str, str], Weights] = {}
    for folder in (SHIPPED, weights_folder()):
        for sampler, name, facts in _on_disk(folder):
            if (sampler, name) not in found:
                found[sampler, name] = _row(sampler, name, facts)
    place = {sampler: number for number, sampler in enumerate(samplers.families())}
    return [found[key] for key in sorted(found, key=lambda key: (place[key[0]], key[1]))]


def _on_disk(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    known = manifest(folder)
    for path in sorted(folder.glob("*/*.safetensors")):
        sampler, name = path.parent.name, path.stem
        if sampler not in samplers.names():
            continue
        try:
            facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            facts |= known.get(f"{sampler}/{name}", {})
            if "sha256" not in facts:
                facts["sha256"] = find(sampler, name, [folder]).sha256
            told = {key: str(facts.get(key, "")) for key in ("licence", "source")}
            yield sampler, name, {key: facts[key] for key in ("sha256", "scale", "channels")} | told
        except (OSError, ValueError, KeyError, TypeError, WeightsError) as error:
            log.warning("The weights %s/%s are left out: their JSON file cannot be used (%r).", sampler, name, error)


def _row(sampler: str, name: str, facts: dict[str, Any]) -> Weights:
    told = {key: facts[key] for key in ("scale", "channels", "licence", "source")}
    row, _ = Weights.objects.get_or_create(sampler=sampler, name=name, sha256=facts["sha256"], defaults=told)
    changed = [key for key, value in told.items() if getattr(row, key) != value]
    if changed:  # an imported study knew them first: by hearsay, and without the file
        for key in changed:
            setattr(row, key, told[key])
        row.save(update_fields=changed)
    return row
