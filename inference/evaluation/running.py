"""One evaluation from pictures and samplers to results: draw, measure, keep, sum up."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inference.core.images import to_uint8
from inference.evaluation import EvaluationError
from inference.evaluation.distances import Distance, choose
from inference.evaluation.measure import measure
from inference.evaluation.partial import PartialResults
from inference.evaluation.pictures import Picture, Source
from inference.evaluation.protocol import PROTOCOL
from inference.evaluation.summary import summarise
from inference.samplers.limits import checked
from inference.samplers.settings import SamplerSettings

if TYPE_CHECKING:
    from inference.samplers import Sampler

SEEDS_APART = 1_000_000


@dataclass(frozen=True)
class Entry:
    """One loaded sampler with its settings; ``name`` is ``sampler/weights``."""

    family: str
    weights: str
    sampler: Sampler
    settings: SamplerSettings

    @property
    def name(self) -> str:
        return f"{self.family}/{self.weights}"

    def facts(self) -> dict[str, Any]:
        """What its figures depend on, besides images and seeds."""
        return {
            "sampler": self.family,
            "weights": self.weights,
            "weights_sha256": self.sampler.weights_sha256,
            "scale": self.sampler.scale,
            "settings": self.settings.as_mapping(),
            "arithmetic": self.sampler.arithmetic(self.settings),
        }


class Evaluation:
    """Samplers, images and a protocol. Image number i is drawn with the seeds from ``seed + i * 1,000,000`` on."""

    def __init__(self, entries: list[Entry], source: Source, *, count: int, seed: int, shave: int, device: str) -> None:
        if not 1 <= count <= SEEDS_APART:
            raise EvaluationError(f"The number of samples must be from 1 to {SEEDS_APART:,}, not {count}.")
        if not 0 <= seed < 2**62:
            raise EvaluationError(f"The seed must be a whole number from 0 to 2**62 - 1, not {seed}.")
        self.entries, self.count, self.seed, self.shave = entries, count, seed, shave
        self.about = source.about
        self.pictures = {scale: source.at(scale) for scale in sorted({one.sampler.scale for one in entries})}
        self._check()
        every = [picture for pictures in self.pictures.values() for picture in pictures]
        self.distance: Distance = choose(min(min(one.high.shape[:2]) for one in every), device)

    def _check(self) -> None:
        """What would stop a sampler or a figure in the middle, said before anything is drawn."""
        names = [one.name for one in self.entries]
        if len(set(names)) < len(names):
            raise EvaluationError("The same weights are named twice: evaluate them once.")
        for entry in self.entries:
            for picture in self.pictures[entry.sampler.scale]:
                checked(picture.low / np.float32(255))
                if picture.high.shape[2] > entry.sampler.channels:
                    raise EvaluationError(f"{entry.name} draws grey images, and {picture.name} is in colour.")
                if 2 * self.shave >= min(picture.high.shape[:2]):
                    raise EvaluationError(f"Nothing of {picture.name} is left when {self.shave} pixels are shaved off.")

    @property
    def total(self) -> int:
        """Samples to be drawn, all in all."""
        return self.count * sum(len(self.pictures[entry.sampler.scale]) for entry in self.entries)

    def plan(self) -> dict[str, Any]:
        """All that the figures depend on, but for the version of the code."""
        return {
            "samplers": [entry.facts() for entry in self.entries],
            "images": self.about,
            "images_sha256": _fingerprint(self.pictures),
            "samples_per_image": self.count,
            "seed": self.seed,
            "shave": self.shave,
            "distance": {"name": self.distance.name, "reason": self.distance.reason},
        }

    def run(self, partial: PartialResults, step: Callable[[int], object]) -> dict[str, Any]:
        """Draw and measure what is not in ``partial`` yet, and sum up; ``step`` hears of each finished sample."""
        for entry in self.entries:
            for place, picture in enumerate(self.pictures[entry.sampler.scale]):
                if (entry.name, picture.name) in partial.records:
                    step(self.count)
                else:
                    partial.add(entry.name, self._record(entry, place, picture, step))
        return self._results(partial)

    def _record(self, entry: Entry, place: int, picture: Picture, step: Callable[[int], object]) -> dict[str, Any]:
        began = time.perf_counter()
        seeds = range(self.seed + place * SEEDS_APART, self.seed + place * SEEDS_APART + self.count)
        samples = np.empty((self.count, *picture.high.shape), np.uint8)
        replaced = suspect = 0
        for drawn in _drawn(entry, picture.low, seeds):
            samples[drawn.index] = to_uint8(drawn.image)
            replaced += drawn.attempt > 0
            suspect += drawn.suspect
            step(1)
        seconds = time.perf_counter() - began
        record = measure(picture, samples, self.distance, entry.sampler.scale, self.shave)
        faults = {"replaced": replaced, "suspect": suspect}
        return {**record, "first_seed": seeds[0], **faults, "seconds": round(seconds, 3)}

    def _results(self, partial: PartialResults) -> dict[str, Any]:
        return {
            "code_versions": partial.code_versions,
            **{name: value for name, value in self.plan().items() if name != "samplers"},
            "protocol": PROTOCOL,
            "samplers": [self._result(entry, partial) for entry in self.entries],
        }

    def _result(self, entry: Entry, partial: PartialResults) -> dict[str, Any]:
        records = [partial.records[entry.name, one.name] for one in self.pictures[entry.sampler.scale]]
        drawn = self.count * len(records)
        return {
            "name": entry.name,
            **entry.facts(),
            "summary": summarise(records),
            "seconds_per_sample": round(sum(one["seconds"] for one in records) / drawn, 5),
            **{name: sum(one[name] for one in records) for name in ("replaced", "suspect")},
            "images": records,
        }


def _drawn(entry: Entry, low: NDArray[np.uint8], seeds: range) -> Iterator[Any]:
    """The samples, drawn in micro-batches that divide them evenly, so that no picture is drawn only to fill one up."""
    full = entry.sampler.micro_batch
    batches = math.ceil(len(seeds) / full)
    entry.sampler.micro_batch = math.ceil(len(seeds) / batches)
    try:
        yield from entry.sampler.draw(low / np.float32(255), seeds, entry.settings)
    finally:
        entry.sampler.micro_batch = full


def _fingerprint(pictures: dict[int, list[Picture]]) -> str:
    """sha256 over all images, their names and labels."""
    total = hashlib.sha256()
    for scale, found in pictures.items():
        for one in found:
            total.update(f"{scale}|{one.name}|{one.high.shape}|{one.label}|{one.hard}".encode())
            total.update(one.high.tobytes() + one.low.tobytes())
    return total.hexdigest()
