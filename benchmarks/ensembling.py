"""An ensemble of 5 images of 1024x1024 pixels beside decoding them, and the memory of a large pool.

Wanted: the mean within 1.5 times of decoding its members. What is measured reads the stored files as a worker does.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.common import own_data_dir, set_up_django, table

SIDE, MEMBERS, POOL, RUNS = 1024, 5, 60, 5


def pictures(count: int) -> list[bytes]:
    """PNG files that compress like photographs: soft shapes with a little noise."""
    from inference.core.degradation import upscale
    from inference.core.images import encode_png, to_uint8

    rng = np.random.default_rng(0)
    soft = upscale(rng.random((SIDE // 8, SIDE // 8, 3)).astype(np.float32), 8)
    return [encode_png(to_uint8(soft + rng.normal(0, 0.01, soft.shape))) for _ in range(count)]


def seconds(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Processor seconds of each, the median of some runs in turn: a busy machine slows all alike."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(RUNS):
        for name, work in works.items():
            began = time.process_time()
            work()
            taken[name].append(time.process_time() - began)
    return {name: statistics.median(runs) for name, runs in taken.items()}


def measure() -> None:
    from inference import ensembles, store
    from inference.core import rules
    from inference.core.images import read_uint8
    from inference.models import Sample

    samples = [Sample(sha256=store.put(data, "samples", ".png")) for data in pictures(MEMBERS)]
    memory(samples * (POOL // MEMBERS))
    files = [store.get(sample.sha256, "samples", ".png") for sample in samples]
    stored = ensembles.StoredPictures(samples)
    works: dict[str, Callable[[], object]] = {"decoding the files": lambda: [read_uint8(data) for data in files]}
    works |= {rule: partial(rules.combine, rule, stored) for rule in ("mean", "linear", "median", "medoid")}
    taken = seconds(works)
    decoding = taken["decoding the files"]
    rows = [
        [name, f"{1000 * one:.0f}", f"{one / decoding:.2f}", "<= 1.5" if name == "mean" else ""]
        for name, one in taken.items()
    ]
    header = ["what", "ms of the processor", "times decoding", "wanted"]
    table(f"{MEMBERS} stored images of {SIDE}x{SIDE}, verified, decoded and combined", header, rows)


def memory(samples: list) -> None:
    """Peak of this process before and after going through a pool that would take much more."""
    from inference import ensembles
    from inference.core import ensembling

    pool = ensembles.StoredPictures(samples)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    ensembling.mean(pool)
    ensembling.spread(pool)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    header = ["pool", "decoded, MiB", "peak before, MiB", "peak after, MiB"]
    size = len(samples) * SIDE * SIDE * 3 / 2**20
    table("Mean and spread of a pool", header, [[len(samples), f"{size:.0f}", f"{before:.0f}", f"{after:.0f}"]])


def main() -> None:
    with own_data_dir():
        set_up_django()
        measure()


if __name__ == "__main__":
    main()
