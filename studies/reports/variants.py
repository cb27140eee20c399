"""Variants of an ensemble in words: what each is made of, and whether the samples support two readings."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studies.aggregation.variants import BASELINES
from studies.reports.sentences import number
from studies.reports.source import several
from studies.results import ItemResults, Readings, VariantResult

_NAMES = {
    "linear": "Top {n}, mean of light (linear sRGB)",
    "median": "Top {n}, median",
    "geometric_median": "Top {n}, geometric median",
    "medoid": "Top {n}, medoid: one real sample",
    "votes": "Top {n}, weighed by votes",
    "all": "All {n} with a vote, weighed by votes",
    "regions": "By part of the image, of {n}",
    "pool": "All {n} candidates",
    "consistent": "The {n} most LR-consistent",
}

#: What the table of variants compares, and what it does not.
COMPARED = (
    "“Top n” follows the tie rule; all with a vote know no cut and no ties, as every vote counts once. Random as good: "
    "the share of random means of n samples that do as well or better, which says nothing of other rules, weights and "
    "numbers of samples: these compare with each other and with what nobody chose. Effective n: as many samples of "
    "equal weight would vary as little."
)


def random_as_good(item: ItemResults, variant: VariantResult | None = None) -> float:
    """By PSNR where there is a truth, else by LR consistency; nan where it says nothing. None: the study's ensemble."""
    name = "psnr" if item.truth_sha256 else "lr_consistency"
    metric = item.metric(name)
    if variant is not None:
        return variant.reached.get(name, math.nan)
    return metric.control.at_least_as_good if metric is not None else math.nan


def name(variant: VariantResult) -> str:
    """What the variant is made of."""
    if variant.label:
        return f"If “{variant.label}”, top {len(variant.samples)}"
    return _NAMES[variant.key].format(n=len(variant.samples))


def told(item: ItemResults) -> list[VariantResult]:
    """Those that a report tells of: the geometric median only where it is not the median, as it is of one channel."""
    found = item.evaluation.variants.variants
    medians = {one.ensemble.png16_sha256 for one in found if one.key == "median"}
    return [one for one in found if one.key != "geometric_median" or one.ensemble.png16_sha256 not in medians]


def of_people(variant: VariantResult) -> bool:
    """Whether votes decided it; else it is a baseline."""
    return variant.key not in BASELINES


def readings(item: ItemResults) -> list[tuple[bool, str]]:
    """For every two labels whether both are supported, and that in a sentence."""
    ballots = {share.label: share.count for share in item.label_shares}
    return [(bool(pair.both), _sentence(pair, ballots)) for pair in item.evaluation.variants.readings]


def _sentence(pair: Readings, ballots: Mapping[str, int]) -> str:
    names = " and ".join(f"“{label}” ({several(ballots[label], 'ballot')})" for label in pair.labels)
    if pair.both is None or not math.isfinite(pair.difference):
        return f"Whether the samples support both {names} is undefined: a single sample has no spread to compare with."
    sizes = f"{number(pair.difference, 3)} (1 is white minus black)", f"within one of them {number(pair.within, 3)}"
    if pair.both:
        return f"The samples support both readings, {names}: their ensembles differ by {sizes[0]}, samples {sizes[1]}."
    return f"The ensembles of {names} differ by {sizes[0]}, no more than samples {sizes[1]}: they may be one reading."
