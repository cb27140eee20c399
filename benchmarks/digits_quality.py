"""How good drawn digits are: read right by a classifier, true to their low-resolution image, and varied.

On digits never trained on. ``--card`` writes the figures into the model card beside the weights.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import table
from inference import samplers
from inference.core.consistency import project
from inference.core.degradation import downscale
from inference.core.images import to_uint8
from inference.core.metrics import lr_consistency, peak_signal_noise_ratio, pixel_diversity
from inference.core.weights import SHIPPED
from inference.training.card import machine_class, replace_quality
from inference.training.data import load_digits
from inference.training.reader import read
from studies.aggregation.intervals import wilson

PROJECTION = 2


@dataclass
class Digit:
    """One digit, its low-resolution image, and one or more samples of it, all rounded to 8 bits."""

    label: int
    high: NDArray[np.float32]
    low: NDArray[np.float32]
    samples: NDArray[np.float32]

    def projected(self) -> NDArray[np.float32]:
        return rounded(project(self.samples, self.low, 4, PROJECTION))


def rounded(images: NDArray[np.floating]) -> NDArray[np.float32]:
    """Through 8 bits, as people see them."""
    return to_uint8(images) / np.float32(255)


def draw(sampler, settings, images, labels, counts: Sequence[int]) -> list[Digit]:
    """``counts[i]`` samples of digit i, with seeds of its own; no micro-batch is filled up with pictures in vain."""
    digits, full = [], sampler.micro_batch
    for place, (image, label, count) in enumerate(zip(images, labels, counts, strict=True)):
        high = image[..., None] / np.float32(255)
        low = rounded(downscale(high, 4))
        seeds = range(1000 * place, 1000 * place + count)
        sampler.micro_batch = min(full, count)
        digits.append(Digit(int(label), high, low, rounded(sampler.sample(low, seeds, settings))))
        if place % 50 == 49:
            print(f"{place + 1} of {len(labels)} digits drawn", flush=True)
    sampler.micro_batch = full
    return digits


def right(digits: list[Digit], images: list[NDArray[np.float32]], kind: str = "high") -> NDArray[np.bool_]:
    """Whether the reader names each image, one per digit, as its digit is labelled."""
    return read(np.stack(images), kind).argmax(axis=1) == [digit.label for digit in digits]


def majority_right(digits: list[Digit]) -> NDArray[np.bool_]:
    """Whether the label that most samples get is the digit's."""
    votes = [np.bincount(read(digit.samples).argmax(axis=1), minlength=10).argmax() for digit in digits]
    return np.array(votes) == [digit.label for digit in digits]


def share(hits: NDArray[np.bool_]) -> str:
    """Percent with Wilson's 95 % interval."""
    interval = wilson(int(hits.sum()), len(hits))
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * interval.value:.1f} % ({low:.1f} to {high:.1f}; {int(hits.sum())} of {len(hits)})"


def decibels(values: list[float]) -> str:
    return f"mean {np.mean(values):.1f} dB, lowest {np.min(values):.1f} dB"


def figures(digits: list[Digit], pooled: list[Digit]) -> list[tuple[str, str]]:
    """All figures as rows of a table: ``digits`` with one sample counted, ``pooled`` with all."""
    first = [digit.samples[0] for digit in digits]
    projected = [digit.projected() for digit in digits]
    every = np.concatenate([read(digit.samples).argmax(axis=1) == digit.label for digit in pooled])
    raw = [float(lr_consistency(digit.samples[0], digit.low, 4)) for digit in digits]
    held = [float(lr_consistency(images[0], digit.low, 4)) for digit, images in zip(digits, projected, strict=True)]
    single = [peak_signal_noise_ratio(digit.high, digit.samples[0]) for digit in digits]
    mean = [peak_signal_noise_ratio(digit.high, digit.samples.mean(axis=0)) for digit in pooled]
    pool = len(pooled[0].samples)
    spread = np.mean([pixel_diversity(digit.samples) for digit in pooled])
    return [
        ("classifier on the real 28x28 digits", share(right(digits, [digit.high for digit in digits]))),
        ("classifier on their 7x7 images", share(right(digits, [digit.low for digit in digits], "low"))),
        ("one random sample read right", share(right(digits, first))),
        (f"all samples of the {len(pooled)} pools", f"{100 * every.mean():.2f} % of {len(every):,}"),
        (f"one sample, {PROJECTION} steps of projection", share(right(digits, [images[0] for images in projected]))),
        (f"majority label of {pool} samples right", share(majority_right(pooled))),
        ("LR consistency, projection off", decibels(raw)),
        (f"LR consistency, {PROJECTION} steps of projection", decibels(held)),
        ("PSNR, one sample", f"{np.mean(single):.2f} dB"),
        (f"PSNR, mean of {pool} samples", f"{np.mean(mean):.2f} dB"),
        (
            "pixel standard deviation over samples",
            f"{spread:.2f} of 255",
        ),
    ]


def speed(sampler, settings) -> tuple[str, str]:
    """100 samples of one 8x8 image, the better of two runs."""
    image = np.random.default_rng(0).random((8, 8, 1), np.float32)
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        sampler.sample(image, range(100), settings)
        seconds.append(time.perf_counter() - began)
    return "100 samples of one 8x8 image", f"{min(seconds):.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", nargs="?", default="digits", help="name, or path of a .safetensors file")
    parser.add_argument("--sampler", default="ldm")
    parser.add_argument("--data", type=Path, help="an .npz as for manage.py train")
    parser.add_argument("--digits", type=int, default=1000, help="digits with one sample counted")
    parser.add_argument("--pooled", type=int, default=200, help="of these, digits with a full pool")
    parser.add_argument("--pool", type=int, default=100)
    parser.add_argument("--settings", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--card", action="store_true", help="write the figures into the model card")
    options = parser.parse_args()

    sampler = samplers.load(options.sampler, options.weights)
    values = dict(value.split("=", 1) for value in options.settings)
    settings = samplers.settings_class(options.sampler).from_mapping(values)
    _, kept_out = load_digits(options.data).split()
    chosen = np.random.default_rng(0).permutation(len(kept_out.images))[: options.digits]
    counts = [options.pool if place < options.pooled else 1 for place in range(len(chosen))]
    digits = draw(sampler, settings, kept_out.images[chosen], kept_out.labels[chosen], counts)
    rows = [*figures(digits, digits[: options.pooled]), speed(sampler, settings)]
    table(f"{options.sampler}/{options.weights} {settings}", ["what", "measured"], rows)
    if options.card:
        path = SHIPPED / options.sampler / f"{options.weights}.md"
        replace_quality(path if path.is_file() else Path(options.weights).with_suffix(".md"), _section(rows, settings))


def _section(rows: list[tuple[str, str]], settings: samplers.SamplerSettings) -> str:
    lines = "\n".join(f"| {what} | {measured} |" for what, measured in rows)
    drawn = ", ".join(f"{name} {value}" for name, value in settings.as_mapping().items())
    return (
        "Digits never trained on, reduced to 7x7 by `downscale`; read by `reader/digits`, which was trained on real "
        f"digits only. Shares with Wilson's 95 % interval. Drawn with {drawn}, on {machine_class('cpu')} shared "
        f"with other work. Program: `python -m benchmarks.digits_quality`.\n\n| | |\n|---|---|\n{lines}"
    )


if __name__ == "__main__":
    main()
