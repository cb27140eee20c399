"""The report of a large study: 50 images of 128 x 128 with 100 samples each, 30 simulated participants.

    python -m benchmarks.report [--items 50]

Ensembles and evidence are made beforehand and timed apart: they stay, reports are made again and again.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

from benchmarks import common

POOL, SIDE, PEOPLE = 100, 32, 30


def timed(do: Callable[[], object]) -> tuple[str, str]:
    """Seconds on the wall, and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    do()
    return f"{time.perf_counter() - wall:.1f}", f"{time.process_time() - cpu:.1f}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--items", type=int, default=50)
    items = options.parse_args().items
    with common.own_data_dir() as folder:
        common.set_up_django()
        from benchmarks.study import open_study
        from studies.reporting import making, work
        from studies.services import results
        from studies.services.simulated import simulation

        labels = {"ask_label": True, "labels": [str(digit) for digit in range(10)]}
        study = open_study(items=items, pool=POOL, picks=5, low_res_side=SIDE, noise=64, **labels)
        simulation.simulate(study, count=PEOPLE, seed=1, progress=iter)
        evidence = timed(lambda: work.ready(study))
        found: list[making.Source] = []
        rows = [("ensembles and evidence, once", *evidence, "")]
        rows.append(("results", *timed(lambda: found.append(making.source(study, results.collect(study)))), ""))
        source = found[0]
        for name, parts, suffix in (
            ("HTML", both := making.parts(source), ".html"),
            ("PDF after it, of the same figures", both, ".pdf"),
            ("PDF alone", making.parts(source), ".pdf"),
        ):
            path = folder / f"report{suffix}"
            measured = timed(lambda path=path, parts=parts: making.write(parts, path))  # type: ignore[misc]
            rows.append((name, *measured, f"{path.stat().st_size / 2**20:.1f}"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        common.table(
            f"Report of {items} images of {4 * SIDE} x {4 * SIDE}, {POOL} samples each; peak memory {peak:.0f} MiB",
            ("part", "seconds", "of processor", "MiB"),
            rows,
        )


if __name__ == "__main__":
    main()
