"""Peak memory of one enlargement of 256x256 to 1024x1024 pixels by networks of the published sizes.

Each family draws in a process of its own, with random weights, which take as much memory as trained ones, in float32
and with its fewest steps: more steps take longer, not more memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import numpy as np
import torch

from benchmarks.common import table
from inference.samplers import FAMILIES

SIDE = 256
SAMPLERS = Path(__file__).parents[1] / "inference" / "samplers"
NAMES = ("ldm", "resshift", "srdiff")
DF2K = {  # the larger of the two published encoders for DF2K x4
    "scale": 4,
    "channels": 3,
    "encoder": {"width": 64, "blocks": 17, "growth": 32},
    "unet": {"width": 64, "multipliers": [1, 2, 3, 4]},
}


def config_of(family: str) -> dict[str, Any]:
    """The config of the family's official checkpoint."""
    stored = json.loads((SAMPLERS / family / "official.json").read_text(encoding="utf-8"))
    return {**stored, **DF2K} if family == "srdiff" else stored


def draw(family: str) -> None:
    """Draw one picture; print the gibibytes of the networks, of the process at its peak, and the seconds."""
    kind, config = resolve_name(FAMILIES[family].sampler), config_of(family)
    sampler = kind(kind.build(config).eval(), config)
    networks = sum(value.numel() * value.element_size() for value in sampler.networks.state_dict().values())
    image = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)
    settings = sampler.Settings(steps=1)
    began = time.perf_counter()
    with torch.inference_mode():
        picture = sampler.draw_passes(sampler.prepare(image, settings), [0], lambda: None)
    assert picture.shape[2:4] == (4 * SIDE, 4 * SIDE)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps([networks / 2**30, peak, time.perf_counter() - began]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", default=NAMES, choices=NAMES)
    parser.add_argument("--draw", action="store_true", help="draw in this process")
    options = parser.parse_args()
    if options.draw:
        draw(*options.families)
        return
    rows = []
    for family in options.families:
        command = [sys.executable, "-m", "benchmarks.memory", family, "--draw"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        networks, peak, seconds = json.loads(done.stdout)
        rows.append([f"{family}, published size", f"{networks:.2f}", f"{peak:.1f}", f"{seconds:.0f}", "<= 8"])
    header = ["what", "networks, GiB", "peak of the process, GiB", "seconds", "wanted, GiB"]
    table(f"One picture of {SIDE}x{SIDE}, x4, 1 step", header, rows)


if __name__ == "__main__":
    main()
