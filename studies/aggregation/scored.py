"""Opinion scores of rated pictures by every method there is here, as JSON-ready figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies.aggregation import opinion
from studies.aggregation.mixed import mixed_model

REFERENCE = "reference"
#: What the mixed model compares the other pictures with: the first of these that was rated. Names of uploaded methods
#: decide nothing.
BASELINES = (REFERENCE, "control", "bicubic")


def of_scores(
    scores: NDArray[np.float64],
    stimuli: Sequence[tuple[int, str]],
    *,
    differential: bool,
    seed: int,
    confidence: float,
) -> dict[str, Any]:
    """scores: (stimuli, observers), nan where missing;  stimuli: item and condition, the truth's is REFERENCE.

    differential: also as differences from a hidden reference, which P.910 defines for ACR; in DCR it was seen beside
    Observers are taken in the order of their scores: who came first is nobody's business, and changes no figure.
    """
    scores = scores[:, np.lexsort(np.nan_to_num(scores[::-1]))]
    rows, columns = (found.tolist() for found in np.nonzero(~np.isnan(scores)))
    return {
        "mos": opinion.mos(scores, confidence=confidence),
        "bootstrap": opinion.mos(scores, interval="bootstrap", seed=seed, confidence=confidence),
        "bt500": opinion.bt500(scores, confidence=confidence),
        "p913": opinion.p913(scores, confidence=confidence),
        "p910": opinion.p910(scores, confidence=confidence),
        "dmos": _differential(scores, stimuli, confidence) if differential else None,
        "mixed_model": mixed_model(
            scores[rows, columns].tolist(),
            [stimuli[row][1] for row in rows],
            [str(stimuli[row][0]) for row in rows],
            list(map(str, columns)),
            reference=baseline([stimuli[row][1] for row in rows]),
            confidence=confidence,
        ),
    }


def baseline(conditions: Sequence[str]) -> str | None:
    """The condition that others are compared with; None without ratings."""
    return next((name for name in (*BASELINES, *conditions) if name in conditions), None)


def _differential(scores: NDArray[np.float64], stimuli: Sequence[tuple[int, str]], confidence: float) -> Any:
    """Against each item's hidden reference, for the items that have one; None where none has."""
    references = {item: row for row, (item, condition) in enumerate(stimuli) if condition == REFERENCE}
    if not references:
        return None
    return opinion.dmos(scores, [references.get(item) for item, _ in stimuli], confidence=confidence)
