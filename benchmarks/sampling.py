"""100 samples of one 8x8 digit with `ldm/digits`: the bare sampler call, and the whole job, in turn, as a ratio."""

from __future__ import annotations

import statistics
import time

from benchmarks.common import own_data_dir, set_up_django, table

COUNT, ROUNDS = 100, 5


def main() -> None:
    with own_data_dir():
        set_up_django()
        from inference import generation, services
        from inference.core.images import encode_png
        from studies.demo.digits import hardest

        digit = hardest(1)[0].image
        low_res = services.store_low_res(encode_png(digit))
        weights = next(w for w in services.catalogue() if str(w) == "ldm/digits")
        sampler = generation.cached_sampler(weights.sampler, weights.name, weights.sha256)
        pixels = services.read_low_res(low_res)

        def bare(seed: int) -> float:
            began = time.perf_counter()
            sampler.sample(pixels, range(seed, seed + COUNT))
            return time.perf_counter() - began

        def job(seed: int) -> float:
            began = time.perf_counter()
            requested = services.request_generation(low_res, "ldm", weights, range(seed, seed + COUNT), {})
            generation.run(requested.pk)
            return time.perf_counter() - began

        bare(0)  # first use warms the allocator and the kernels
        pairs = [(bare(1000 * i), job(1000 * i)) for i in range(1, ROUNDS + 1)]
        ratios = sorted(whole / alone for alone, whole in pairs)
        table(
            f"{COUNT} samples of one 8x8 digit, {ROUNDS} rounds in turn",
            ["bare s (median)", "job s (median)", "job / bare (median)", "(min)", "(max)"],
            [[
                f"{statistics.median(p[0] for p in pairs):.2f}", f"{statistics.median(p[1] for p in pairs):.2f}",
                f"{statistics.median(ratios):.3f}", f"{ratios[0]:.3f}", f"{ratios[-1]:.3f}",
            ]],
        )  # fmt: skip


if __name__ == "__main__":
    main()
