"""The figures of one evaluation: the voted ensemble beside random ensembles and single samples.

The mean of any n samples beats its average member (MSE(mean) = mean MSE - mean variance), whoever chose them. So
an ensemble is evidence of good choice only as far as it beats the means of n random samples: the control.

All pictures, ensembles too, are measured as they are shown and published: rounded to 8 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core import ensembling, metrics
from studies.results import Control, Metric
from studies.services.candidates.pools import Pool

VERSION = "1"
CAP = 100.0  # dB; the PSNR of equal images is infinite, which JSON does not know
DIGITS = 6
#: By name, in the order in which they are shown.
MEASURES = ("lr_consistency", "psnr", "ssim")
WHITE = np.float64(255)

Measure = Callable[[NDArray[np.uint8]], float]


def measures(low_res: NDArray, scale: int, truth: NDArray | None) -> dict[str, Measure]:
    """What is measured of a uint8 picture: LR consistency, and with a truth PSNR (RGB, capped at 100 dB) and SSIM."""
    found: dict[str, Measure] = {"lr_consistency": lambda image: float(metrics.lr_consistency(image, low_res, scale))}
    if truth is not None:
        found["psnr"] = lambda image: min(metrics.peak_signal_noise_ratio(truth, image / WHITE), CAP)
        found["ssim"] = lambda image: metrics.structural_similarity(truth, image / WHITE)
    return found


def figures(
    pool: Pool, chosen: Sequence[int], controls: NDArray[np.int64], measured: dict[str, Measure]
) -> dict[str, Any]:
    """The figures as JSON: per measure the value of the ensemble, of every control draw and of every sample.

    chosen: pool indexes;  controls: (draws, n) pool indexes. Undefined values (SSIM of images below 11 pixels, the
    spread of one picture) are None.
    """
    per_measure = {
        name: {
            "ensemble": number(measure(pool.mean(chosen))),
            "control": [],
            "samples": [number(measure(image)) for image in pool],
        }
        for name, measure in measured.items()
    }
    for draw in controls:
        picture = pool.mean(draw.tolist())
        for name, measure in measured.items():
            per_measure[name]["control"].append(number(measure(picture)))  # type: ignore[union-attr]
    return {
        "version": VERSION,
        "n": len(chosen),
        "pool_size": len(pool),
        "chosen": list(chosen),
        "measures": per_measure,
        "spread_chosen": _spread(pool[index] for index in chosen),
        "spread_pool": _spread(pool),
    }


def at_least_as_good(ensemble: float, controls: Sequence[float]) -> float:
    """Share of control draws that reach the ensemble, (1 + b) / (1 + draws): never 0, as the ensemble is one draw too.

    Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9(1), 2010.
    """
    values = np.asarray(controls, dtype=np.float64)
    if math.isnan(ensemble) or np.isnan(values).any():
        return math.nan
    return float((1 + (values >= ensemble).sum()) / (1 + len(values)))


def reached(made: Mapping[str, Any], variant: Mapping[str, Any], values: Mapping[str, float]) -> dict[str, float]:
    """By measure the share of control draws that do as well as this variant; {} where the draws are no match for it.

    made: see `figures`, {} where only pictures were made;  variant: rule, samples and weights;  values: its measures
    """
    alike = variant["rule"] == "mean" and len(set(variant["weights"])) <= 1
    if not alike or len(variant["samples"]) != made.get("n"):
        return {}
    draws = {name: [defined(value) for value in one["control"]] for name, one in made["measures"].items()}
    return {name: at_least_as_good(values[name], controls) for name, controls in draws.items()}


def metrics_of(made: Mapping[str, Any], chosen: Sequence[int]) -> tuple[Metric, ...]:
    """What pages and reports show of `figures`, by measure; none of {}. chosen: pool indexes"""
    measured = made.get("measures", {})
    return tuple(_metric(name, measured[name], chosen) for name in MEASURES if name in measured)


def _metric(name: str, values: Mapping[str, Any], chosen: Sequence[int]) -> Metric:
    ensemble = defined(values["ensemble"])
    draws = np.array([defined(value) for value in values["control"]])
    single = np.array([defined(value) for value in values["samples"]])
    low, high = np.quantile(draws, [0.025, 0.975])
    return Metric(
        name=name,
        ensemble=ensemble,
        control=Control(
            mean=float(draws.mean()),
            low=float(low),
            high=float(high),
            draws=len(draws),
            at_least_as_good=at_least_as_good(ensemble, draws.tolist()),
        ),
        single_mean=float(single.mean()),
        single_chosen_mean=float(single[list(chosen)].mean()),
    )


def apart(pool: Pool, first: Sequence[int], second: Sequence[int]) -> dict[str, Any]:
    """Whether two selections show two things: how far their means differ, and how far the samples of one do.

    difference: root mean square over pixels and channels between the two 8-bit means, in [0, 1]
    within: of the standard deviation over a selection's samples (ddof 1), both selections pooled
    both: difference > within; None, like within, where a selection of one sample leaves it undefined
    """
    means = pool.mean(first).astype(np.float64), pool.mean(second)
    difference = number(float(np.sqrt(np.mean(np.square((means[0] - means[1]) / WHITE)))))
    variances = [np.mean(np.square(ensembling.spread(pool[index] for index in one))) for one in (first, second)]
    within = number(float(np.sqrt(np.mean(variances))))
    both = None if within is None or difference is None else difference > within
    return {"difference": difference, "within": within, "both": both}


def _spread(images: Iterable[NDArray]) -> float | None:
    """Mean over pixels and channels of the standard deviation over pictures (ddof 1), in [0, 1]."""
    return number(float(np.mean(ensembling.spread(images))))


def defined(value: float | None) -> float:
    """A figure as stored; nan for what is undefined."""
    return math.nan if value is None else float(value)


def number(value: float) -> float | None:
    """Rounded as figures are stored; None for what is undefined."""
    return round(float(value), DIGITS) if math.isfinite(value) else None
