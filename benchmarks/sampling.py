"""Sampling against the loop a user would write with diffusers, and the whole job against the bare call, as ratios.

The user's loop makes one call per sample, with the same weights, steps and eta: diffusers' own pipeline for the
full-size network, the same few lines for the small one, whose channels the pipeline does not take. Full-size networks
have random weights, which take as long as trained ones.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.common import own_data_dir, set_up_django, table
from inference.samplers.health import Health

COUNT, ROUNDS = 100, 5
OFFICIAL = Path(__file__).parents[1] / "inference/samplers/ldm/official.json"
Timed = Callable[[int], Any]


def seconds(call: Timed, seed: int) -> float:
    began = time.perf_counter()
    call(seed)
    return time.perf_counter() - began


def in_turn(first: Timed, second: Timed, rounds: int = ROUNDS) -> list[tuple[float, float]]:
    """Seconds of both, taken alternately after one call of each to warm up."""
    first(0), second(0)
    return [(seconds(first, 1000 * turn), seconds(second, 1000 * turn)) for turn in range(1, rounds + 1)]


def row(what: str, pairs: list[tuple[float, float]], per: int, wanted: str) -> list[str]:
    """Medians per sample and the ratio first / second."""
    ratios = sorted(first / second for first, second in pairs)
    median = [statistics.median(pair[side] for pair in pairs) / per for side in (0, 1)]
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return [what, f"{median[0]:.4f}", f"{median[1]:.4f}", spread, wanted]


def plain_loop(networks: Any, schedule: dict[str, Any], low: torch.Tensor, seed: int, steps: int) -> torch.Tensor:
    """One sample by diffusers' parts, as its documentation shows them: (1, C, H, W)."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(**schedule)
    scheduler.set_timesteps(steps)
    generator = torch.Generator().manual_seed(seed)
    state = torch.randn(1, networks.autoencoder.config.latent_channels, *low.shape[2:], generator=generator)
    with torch.no_grad():
        for step in scheduler.timesteps:
            guess = networks.unet(torch.cat([state, low], 1), step).sample
            state = scheduler.step(guess, step, state, eta=1.0, generator=generator).prev_sample
        return networks.decode(state)


def pipeline_loop(networks: Any, schedule: dict[str, Any]) -> Callable[[torch.Tensor, int, int], Any]:
    """diffusers' own pipeline around the same networks."""
    from diffusers import DDIMScheduler
    from diffusers.pipelines.latent_diffusion import pipeline_latent_diffusion_superresolution as module

    pipeline = module.LDMSuperResolutionPipeline(networks.autoencoder, networks.unet, DDIMScheduler(**schedule))
    pipeline.set_progress_bar_config(disable=True)

    def call(low: torch.Tensor, seed: int, steps: int) -> Any:
        generator = torch.Generator().manual_seed(seed)
        return pipeline(low, num_inference_steps=steps, eta=1.0, generator=generator, output_type="pt")

    return call


def small(rounds: int) -> Iterable[list[str]]:
    """`ldm/digits`: batching against one call per sample, and the job against the bare call."""
    from inference import generation, services
    from inference.core.images import encode_png
    from studies.demo.digits import hardest

    low_res = services.store_low_res(encode_png(hardest(1)[0].image))
    weights = next(w for w in services.catalogue() if str(w) == "ldm/digits")
    sampler = generation.cached_sampler(weights.sampler, weights.name, weights.sha256)
    pixels = services.read_low_res(low_res)
    low = torch.from_numpy(pixels).permute(2, 0, 1)[None] * 2 - 1
    steps = sampler.Settings().steps

    def bare(seed: int) -> None:
        sampler.sample(pixels, range(seed, seed + COUNT))

    def loop(seed: int) -> None:
        for place in range(COUNT):
            plain_loop(sampler.networks, sampler.config["schedule"], low, seed + place, steps)

    def job(seed: int) -> None:
        requested = services.request_generation(low_res, "ldm", weights, range(seed, seed + COUNT), {})
        generation.run(requested.pk)

    yield row("ldm/digits: loop / ours", in_turn(loop, bare, rounds), COUNT, ">= 4")
    yield row("ldm/digits: job / bare call", in_turn(job, bare, rounds), COUNT, "<= 1.10")


def official(rounds: int, count: int, steps: int) -> Iterable[list[str]]:
    """The network of `bsr_sr`: 32x32 -> 128x128 in both precisions, mosaics of 7x7, and the job."""
    from inference.samplers.ldm.sampler import LatentDiffusionSampler

    config = {**json.loads(OFFICIAL.read_text(encoding="utf-8")), "precision": "float32"}
    torch.manual_seed(0)
    sampler = LatentDiffusionSampler(LatentDiffusionSampler.build(config), config)
    call = pipeline_loop(sampler.networks, config["schedule"])
    image, digit = (np.random.default_rng(0).random((side, side, 3), np.float32) for side in (32, 7))

    def loop(seed: int, pixels: np.ndarray = image, samples: int = count) -> None:
        multiple = np.pad(pixels, ((0, -pixels.shape[0] % 8), (0, -pixels.shape[1] % 8), (0, 0)), mode="symmetric")
        low = torch.from_numpy(multiple).permute(2, 0, 1)[None] * 2 - 1
        for place in range(samples):
            call(low, seed + place, steps)

    def ours(precision: str) -> Timed:
        settings = sampler.Settings(steps=steps, precision=precision)
        return lambda seed: sampler.sample(image, range(seed, seed + count), settings)

    def mosaic(precision: str) -> Timed:
        settings = sampler.Settings(steps=steps, precision=precision, mosaic=True)
        return lambda seed: sampler.sample(digit, range(81 * seed, 81 * seed + 81), settings)

    def digits(seed: int) -> None:
        loop(seed, digit, 3)

    def pictures_of_digits(seed: int) -> None:
        loop(seed, np.pad(digit, ((0, 25), (0, 25), (0, 0)), mode="wrap"), 3)

    name = f"bsr_sr network, {count} samples of {steps} steps"
    yield row(f"{name}: pipeline / ours, float32", in_turn(loop, ours("float32"), rounds), count, ">= 1.0")
    yield row(f"{name}: pipeline / ours, bfloat16", in_turn(loop, ours("bfloat16"), rounds), count, ">= 1.7")
    # As a picture the pipeline takes no less than 32x32; as a tensor, past its own preparation, 8x8.
    for call_digits, side in ((pictures_of_digits, 32), (digits, 8)):
        pairs = [(loop / 3, ours / 81) for loop, ours in in_turn(call_digits, mosaic("bfloat16"), rounds)]
        yield row(f"{name}: 7x7 as {side}x{side}, pipeline / mosaic of 81, bfloat16", pairs, 1, ">= 30")
    yield row(f"{name}: job / bare call, bfloat16", whole_job(sampler, image, count, steps, rounds), count, "<= 1.05")


@contextmanager
def any_picture_will_do() -> Iterator[None]:
    """Random networks draw nothing but faults: their pictures are checked as ever, but not drawn again."""
    real = Health.fault

    def checked(self: Health, picture: np.ndarray) -> str:
        real(self, picture)
        return ""

    with patch.object(Health, "fault", checked):
        yield


def whole_job(sampler: Any, image: np.ndarray, count: int, steps: int, rounds: int) -> list[tuple[float, float]]:
    """A job that draws with this sampler, and the bare call, in turn."""
    from inference import generation, services
    from inference.core.images import encode_png, to_uint8
    from inference.models import Weights

    low_res = services.store_low_res(encode_png(to_uint8(image)))
    weights = Weights.objects.create(sampler="ldm", name="random", sha256="0" * 64, scale=4, channels=3)
    values = {"steps": steps, "precision": "bfloat16"}
    pixels = services.read_low_res(low_res)

    def bare(seed: int) -> None:
        sampler.sample(pixels, range(seed, seed + count), sampler.Settings(**values))

    def job(seed: int) -> None:
        requested = services.request_generation(low_res, "ldm", weights, range(seed, seed + count), values)
        generation.run(requested.pk)

    with patch.object(generation, "cached_sampler", return_value=sampler):
        return in_turn(job, bare, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=4, help="samples per round of the full-size network")
    parser.add_argument("--steps", type=int, default=20, help="steps of the full-size network")
    parser.add_argument("--small", action="store_true", help="only the network that ships")
    options = parser.parse_args()
    with own_data_dir():
        set_up_django()
        rows = list(small(ROUNDS))
        if not options.small:
            with any_picture_will_do():
                rows += official(options.rounds, options.count, options.steps)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        header = ["what", "first, s per sample", "second", "ratio, median (range)", "wanted"]
        table(f"Sampling on {torch.get_num_threads()} threads, peak memory {peak:.1f} GiB", header, rows)


if __name__ == "__main__":
    main()
