"""`tiny`: a real sampler family without torch, for tests: the enlarged image plus noise from a generator per seed.

It is registered like any family; in processes of their own, by an entry point, like a package from outside.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inference import samplers
from inference.core.weights import WeightsFile
from inference.samplers.settings import SamplerSettings, setting


@dataclass(frozen=True)
class TinySettings(SamplerSettings):
    noise: float = setting(0.1, low=0, high=1, help="Standard deviation of the noise.")
    delay: float = setting(0.0, low=0, high=10, help="Seconds that one sample takes.")


@dataclass(frozen=True)
class Drawn:
    index: int
    seed: int
    image: NDArray[np.float32]
    attempt: int = 0
    fault: str = ""
    suspect: bool = False


FAMILY = samplers.Family(label="Tiny", settings="tests.tiny:TinySettings", sampler="tests.tiny:TinySampler")


class TinySampler:
    """Draws in micro-batches of four; `before` is called with each seed, for tests that interfere."""

    Settings = TinySettings
    micro_batch = 4
    loads = 0
    drawn: list[int] = []
    before: Callable[[int], None] | None = None

    def __init__(self, scale: int, channels: int) -> None:
        self.scale, self.channels = scale, channels

    @classmethod
    def reset(cls) -> None:
        cls.loads, cls.drawn, cls.before = 0, [], None

    @classmethod
    def load(cls, file: WeightsFile, device: str) -> TinySampler:
        cls.loads += 1
        return cls(file.config["scale"], file.config["channels"])

    def arithmetic(self, settings: TinySettings) -> str:
        return "cpu float32"

    def draw(
        self,
        low_res: NDArray[np.float32],
        seeds: Sequence[int],
        settings: TinySettings,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> Iterator[Drawn]:
        large = low_res.repeat(self.scale, axis=0).repeat(self.scale, axis=1)
        for start in range(0, len(seeds), self.micro_batch):
            check()
            for index, seed in list(enumerate(seeds))[start : start + self.micro_batch]:
                if TinySampler.before is not None:
                    TinySampler.before(seed)
                time.sleep(settings.delay)
                TinySampler.drawn.append(seed)
                noise = np.random.default_rng(seed).normal(0, settings.noise, large.shape)
                yield Drawn(index, seed, np.clip(large + noise, 0, 1).astype(np.float32))


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the family known in this process."""
    monkeypatch.setattr(samplers, "families", lambda: {**samplers.FAMILIES, "tiny": FAMILY})


def write_entry_point(folder: Path) -> None:
    """Make the family known to processes that have the folder on their path."""
    info = folder / "trustsr_tiny-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trustsr-tiny\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[trustsr.samplers]\ntiny = tests.tiny:FAMILY\n")


def write_weights(folder: Path) -> None:
    """`tiny/grey` and `tiny/colour`, both x4, as imported weights lie in the data folder."""
    (folder / "tiny").mkdir(parents=True)
    for name, channels in (("grey", 1), ("colour", 3)):
        content = f"weights of {name}".encode()
        config = {
            "sampler": "tiny",
            "scale": 4,
            "channels": channels,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        (folder / "tiny" / f"{name}.safetensors").write_bytes(content)
        (folder / "tiny" / f"{name}.json").write_text(json.dumps(config))
