"""Opinion scores of rated pictures by every method there is here, as JSON-ready figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies.aggregation import opinion
from studies.aggregation.mixed import mixed_model

REFERENCE = "reference"


def of_scores(
    scores: NDArray[np.float64],
    stimuli: Sequence[tuple[int, str]],
    observers: Sequence[str],
    *,
    seed: int,
    confidence: float,
) -> dict[str, Any]:
    """scores: (stimuli, observers), nan where missing;  stimuli: item and condition, the truth's is REFERENCE."""
    rows, columns = (found.tolist() for found in np.nonzero(~np.isnan(scores)))
    return {
        "mos": opinion.mos(scores, confidence=confidence),
        "bootstrap": opinion.mos(scores, interval="bootstrap", seed=seed, confidence=confidence),
        "bt500": opinion.bt500(scores, confidence=confidence),
        "p913": opinion.p913(scores, confidence=confidence),
        "p910": opinion.p910(scores, confidence=confidence),
        "dmos": _differential(scores, stimuli, confidence),
        "mixed_model": mixed_model(
            scores[rows, columns].tolist(),
            [stimuli[row][1] for row in rows],
            [str(stimuli[row][0]) for row in rows],
            [observers[column] for column in columns],
            confidence=confidence,
        ),
    }


def _differential(scores: NDArray[np.float64], stimuli: Sequence[tuple[int, str]], confidence: float) -> Any:
    """Against each item's hidden reference; None where an item has none."""
    references = {item: row for row, (item, condition) in enumerate(stimuli) if condition == REFERENCE}
    if any(item not in references for item, _ in stimuli):
        return None
    return opinion.dmos(scores, [references[item] for item, _ in stimuli], confidence=confidence)
