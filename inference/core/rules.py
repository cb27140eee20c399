"""The rules by which samples become one picture, by name: one place for making ensembles and for checking them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from . import ensembling
from .images import to_float
from .regions import Parts, region_mean
from .stacks import Samples


def _medoid(samples: Samples) -> NDArray[np.float64]:
    return to_float(ensembling.medoid(samples))


#: Rules that weigh their samples.
WEIGHTED: dict[str, Callable[..., NDArray[np.float64]]] = {
    "mean": ensembling.mean,
    "linear": ensembling.linear_mean,
}
#: Rules to which every sample is worth as much as another.
EQUAL: dict[str, Callable[[Samples], NDArray[np.float64]]] = {
    "median": ensembling.median,
    "geometric_median": ensembling.geometric_median,
    "medoid": _medoid,
}
REGIONS = "regions"
RULES = (*WEIGHTED, *EQUAL, REGIONS)


def combine(
    rule: str, samples: Samples, *, weights: Sequence[float] | None = None, parts: Parts | None = None
) -> NDArray[np.float64]:
    """The picture that a rule makes of samples, float64 (H, W, C) in [0, 1].

    weights: of "mean" and "linear", by sample;  parts: of "regions", which sample shows where
    Raises ValueError for an unknown rule and for what the rules refuse.
    """
    if rule in WEIGHTED:
        return WEIGHTED[rule](samples, weights)
    if rule in EQUAL:
        return EQUAL[rule](samples)
    if rule != REGIONS or parts is None:
        raise ValueError(f"There is no rule {rule!r}, or what it needs is missing: choose one of {', '.join(RULES)}.")
    return region_mean(samples, parts)
