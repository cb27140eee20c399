"""How long the statistics of a selection take, for the paper's study of 30 people and 324 samples and for larger ones.

Wanted: 10,000 resamples of 30 x 324 in a second at most.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.common import table
from studies.aggregation.draws import pick_table
from studies.aggregation.picking import jaccard_test
from studies.aggregation.stability import bootstrap_top_n, convergence, leave_one_participant_out, split_half

STUDIES = ((30, 324, 2), (300, 100, 5), (3000, 100, 5))
RUNS = 3


def picks(people: int, samples: int, k: int) -> list[list[int]]:
    rng = np.random.default_rng(people)
    return [rng.choice(samples, k, replace=False).tolist() for _ in range(people)]


def main() -> None:
    rows = []
    for people, samples, k in STUDIES:
        picked = picks(people, samples, k)
        chosen = pick_table(picked, samples)
        work = {
            "bootstrap, 10,000 resamples": lambda chosen=chosen: bootstrap_top_n(chosen, 5, resamples=10_000, seed=1),
            "split halves, 1000 splits": lambda chosen=chosen: split_half(chosen, seed=1),
            "convergence, 100 orders": lambda chosen=chosen: convergence(chosen, 5, seed=1),
            "leaving each out": lambda chosen=chosen: leave_one_participant_out(chosen, 5),
            "Jaccard, 1000 draws": lambda picked=picked, m=samples: jaccard_test(picked, m, seed=1),
        }
        for name, run in work.items():
            times = []
            for _ in range(RUNS):
                began = time.perf_counter()
                run()
                times.append(time.perf_counter() - began)
            rows.append([f"{people} x {samples}", k, name, f"{min(times):.2f}"])
    table("Statistics of a selection, best of 3", ["people x samples", "picks", "what", "s"], rows)


if __name__ == "__main__":
    main()
