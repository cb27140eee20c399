"""From seeds to noise: which passes of a network give which pictures, and from which generators.

One seed is one picture, bit for bit, whatever else is drawn with it: every picture has a generator of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from inference.samplers.settings import SettingsError


@dataclass(frozen=True)
class Pass:
    """One run of a network: a key that seeds its noise, and which seeds want which of its pictures.

    wanted: (index, seed, tile, why its last picture was refused); there is one tile but in mosaics
    """

    key: int
    wanted: tuple[tuple[int, int, int, str], ...]
    attempt: int = 0


def plan(seeds: Iterable[int], tiles: int) -> list[Pass]:
    """Which passes give the seeds: seed s is tile ``s % tiles`` of the pass ``s // tiles``, each run once."""
    wanted: dict[int, list[tuple[int, int, int, str]]] = {}
    for index, seed in enumerate(seeds):
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
            raise SettingsError(f"A seed is a whole number from 0 to 2**63 - 1, not {seed!r}.")
        wanted.setdefault(int(seed) // tiles, []).append((index, int(seed), int(seed) % tiles, ""))
    return [Pass(key, tuple(items)) for key, items in wanted.items()]


def noise_seed(key: int, attempt: int) -> int:
    """The generator's seed, 32 bits: the key itself, or a hash of key and attempt where the noise is replaced.

    Large keys are hashed as well: torch's generator on the CPU knows the lower 32 bits of a seed only.
    """
    if attempt == 0 and key < 2**32:
        return key
    return int.from_bytes(hashlib.sha256(f"{key}|{attempt}".encode()).digest()[:8], "big") >> 1 & 0xFFFFFFFF


def generators(noise_seeds: Sequence[int]) -> list[torch.Generator]:
    """One CPU generator per picture: the same numbers on every device, whatever else is in the batch."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in noise_seeds]


def noise(sources: Sequence[torch.Generator], shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Standard normal noise (B, *shape), each picture's from its own generator."""
    return torch.stack([torch.randn(shape, generator=source) for source in sources]).to(device)


def alike(passes: list[Pass]) -> list[Pass]:
    """Those at the beginning that are in the same attempt: first attempts may have another precision."""
    return [item for item in passes if item.attempt == passes[0].attempt]
