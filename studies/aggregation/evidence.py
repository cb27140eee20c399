"""What the votes on one item say beyond their counts, as JSON-ready figures: of labels, of picks, of the picture.

Workers find them from the rows of a study, and `verify_export` again from the files of its export.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.metrics import peak_signal_noise_ratio
from studies.aggregation import shares, stability
from studies.aggregation.counts import Ties
from studies.aggregation.draws import pick_table
from studies.aggregation.intervals import e_value, simultaneous
from studies.aggregation.picking import jaccard_test

#: Random orders of which pictures are made: an ensemble for each step of each.
PICTURE_ORDERS = 20
CAP = 100.0  # dB; the PSNR of equal images is infinite, which JSON does not know


@dataclass(frozen=True)
class Rule:
    """How samples are chosen, see `counts.top_n`. keys: LR consistency by sample, for the rule "secondary" alone"""

    n: int
    ties: Ties
    tie_seed: int
    keys: tuple[float, ...] | None = None

    def options(self) -> dict[str, Any]:
        return {"ties": self.ties, "tie_seed": self.tie_seed, "keys": self.keys}


def of_labels(counts: Sequence[int], *, seed: int, confidence: float) -> dict[str, Any]:
    """counts: ballots by label, all that are offered, "cannot tell" last; {} where there are none.

    The leading label is one that names something. Against one half both tests see either side: which one it is, more
    or less than half, the counts tell.
    """
    if not counts:
        return {}
    ballots, leading = sum(counts), max(counts[:-1], default=0)
    return {
        "simultaneous": simultaneous(counts, confidence=confidence),
        "goodness_of_fit": shares.goodness_of_fit(counts, seed=seed),
        "ambiguity": shares.ambiguity(counts),
        "leading_against_half": shares.binomial_test(leading, ballots),
        "e_value": e_value(leading, ballots),
    }


def of_picks(
    picks: Sequence[Set[int]],
    labels: Sequence[str],
    rule: Rule,
    *,
    pool_size: int,
    seed: int,
    resamples: int,
    mean: Callable[[tuple[int, ...]], NDArray[np.uint8]],
) -> dict[str, Any]:
    """picks: pool indexes by ballot, labels: of the same ballots, or none; {} without a ballot.

    mean: the pixel mean of some samples, uint8 (H, W, C), see `_picture`
    The order of the ballots does not matter: random draws are made of them in an order of their own.
    """
    if not picks:
        return {}
    picks, labels = _in_order(picks, labels)
    table = pick_table(picks, pool_size)
    left_out = stability.leave_one_participant_out(table, rule.n, **rule.options())
    growth = stability.convergence(table, rule.n, labels=labels, seed=seed, **rule.options())
    return {
        "jaccard": jaccard_test(picks, pool_size, seed=seed),
        "bootstrap": stability.bootstrap_top_n(table, rule.n, resamples=resamples, seed=seed, **rule.options()),
        "split_half": stability.split_half(table, seed=seed),
        "leave_one_out": _without(left_out, "selections"),
        "convergence": _without(growth, "selections"),
        "picture": _picture(left_out, growth, cache(mean)),
    }


def _in_order(picks: Sequence[Set[int]], labels: Sequence[str]) -> tuple[list[Set[int]], list[str]]:
    """By what was picked, then by label."""
    named = labels or [""] * len(picks)
    pairs = sorted(zip(picks, named, strict=True), key=lambda pair: (sorted(pair[0]), pair[1]))
    return [picked for picked, _ in pairs], [label for _, label in pairs] if labels else []


def _without(result: Any, name: str) -> dict[str, Any]:
    """A result but for one field, too long to keep."""
    return {key: value for key, value in asdict(result).items() if key != name}


def _picture(
    left_out: stability.LeaveOneOut,
    growth: stability.Convergence,
    mean: Callable[[tuple[int, ...]], NDArray[np.uint8]],
) -> dict[str, Any]:
    """How far the ensemble's picture depends on who voted; {} without a selection.

    largest_change: of any pixel when any one participant is left out, on the 8-bit scale; None where that leaves no
    selection. convergence: PSNR (dB, capped at 100, so that it has a median and no mean) of the picture of the first t
    participants to that of all, from the t on at which every order has chosen something
    """
    if not growth.chosen:
        return {}
    final = mean(growth.chosen)
    others = {left_out.selections[row] for row in left_out.changed}
    changes = [int(np.abs(mean(other).astype(int) - final).max()) for other in others if other]
    orders = growth.selections[:PICTURE_ORDERS]
    steps = [step for step in range(len(growth.participants)) if all(order[step] for order in orders)]
    return {
        "largest_change": None if () in others else max(changes, default=0),
        "participants": [growth.participants[step] for step in steps],
        "orders": len(orders),
        "convergence": stability.middle([[_psnr(final, mean(order[step])) for step in steps] for order in orders]),
    }


def _psnr(reference: NDArray[np.uint8], image: NDArray[np.uint8]) -> float:
    if np.array_equal(reference, image):
        return CAP
    return min(float(peak_signal_noise_ratio(reference, image, data_range=255)), CAP)
