"""Opinion scores of methods when the same people rate the same images: a mixed model."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from studies.aggregation.estimates import estimator

VERSION = "1"
#: Ways of searching: the first is exact and quick, the others find their way where it stops short.
WAYS: dict[str, dict[str, float]] = {"cg": {"gtol": 1e-7}, "lbfgs": {}, "powell": {}}
LIMITS = (
    "Images and participants are crossed random effects, fitted as variance components by restricted maximum "
    "likelihood. Intervals and p-values are Wald's: with few images or participants they are too small."
)


@dataclass(frozen=True)
class Effect:
    """A method's mean rating minus that of the first method; nan where undefined."""

    method: str
    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class MixedModel:
    """effects: one per method after `reference`, sorted by name;  variances: "image", "participant", "residual" """

    reference: str
    effects: tuple[Effect, ...]
    variances: dict[str, float]
    name: str
    version: str
    count: int
    reason: str = ""
    confidence: float = 0.95
    limits: str = LIMITS
    inputs: str = ""


@estimator
def mixed_model(
    ratings: Sequence[float],
    methods: Sequence[str],
    images: Sequence[str],
    participants: Sequence[str],
    *,
    reference: str | None = None,
    confidence: float = 0.95,
) -> MixedModel:
    """rating ~ method + (1 | image) + (1 | participant), each sequence with one entry per rating.

    reference: the method that others are compared with; by default the first by name
    Raises ValueError for sequences of different lengths and for a reference that nobody rated.
    """
    if len({len(ratings), len(methods), len(images), len(participants)}) > 1:
        raise ValueError("Give a method, an image and a participant for each rating.")
    names = sorted(set(methods))
    first = reference or (names[0] if names else "")
    if names and first not in names:
        raise ValueError(f"There are no ratings of {first!r} to compare with.")
    others = [name for name in names if name != first]
    fit, reason = None, _impossible(ratings, others, images, participants)
    if not reason:
        fit, reason = _fitted(np.asarray(ratings, dtype=np.float64), methods, others, images, participants)
    return MixedModel(
        reference=first,
        effects=tuple(_effect(fit, place, name, confidence) for place, name in enumerate(others, start=1)),
        variances=_variances(fit),
        name="mixed_model",
        version=VERSION,
        count=len(ratings),
        reason=reason,
        confidence=confidence,
    )


def _impossible(ratings: Sequence[float], others: list[str], images: Sequence[str], participants: Sequence[str]) -> str:
    if not others:
        return "undefined: a comparison needs ratings of two methods"
    if len(set(images)) < 2 or len(set(participants)) < 2:
        return "undefined: a mixed model needs two images and two participants or more"
    return "undefined: all ratings are alike" if len(set(ratings)) == 1 else ""


def _fitted(
    ratings: np.ndarray, methods: Sequence[str], others: list[str], images: Sequence[str], participants: Sequence[str]
) -> tuple[Any, str]:
    """The fit of the first way of searching that converges, or none and why."""
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    fixed = np.column_stack([np.ones(len(ratings)), *([method == name for method in methods] for name in others)])
    columns = [_indicators(images), _indicators(participants)]
    names = [[str(place) for place in range(one.shape[1])] for one in columns]
    effects = VCSpec(["image", "participant"], [[each] for each in names], [[one] for one in columns])
    model = MixedLM(ratings, fixed.astype(np.float64), np.zeros(len(ratings)), exog_vc=effects)
    for way, precision in WAYS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                fit = model.fit(reml=True, method=way, **precision)
            except (np.linalg.LinAlgError, ValueError):
                continue
        # Without a residue it depends on the last bits whether a search converges.
        if fit.scale <= 1e-12:
            return None, "undefined: the ratings leave no residue to judge by"
        if fit.converged and np.isfinite(fit.bse_fe).all():
            return fit, ""
    return None, "undefined: the mixed model did not converge"


def _indicators(names: Sequence[str]) -> np.ndarray:
    places = np.unique(np.asarray(names), return_inverse=True)[1]
    return np.eye(places.max() + 1)[places]


def _effect(fit: Any, place: int, name: str, confidence: float) -> Effect:
    if fit is None:
        return Effect(name, math.nan, math.nan, math.nan, math.nan)
    value, error = float(fit.fe_params[place]), float(fit.bse_fe[place])
    half = float(norm.ppf((1 + confidence) / 2)) * error
    return Effect(name, value, value - half, value + half, float(2 * norm.sf(abs(value) / error)))


def _variances(fit: Any) -> dict[str, float]:
    names = ("image", "participant", "residual")
    found = [math.nan] * 3 if fit is None else [*map(float, fit.vcomp), float(fit.scale)]
    return dict(zip(names, found, strict=True))
