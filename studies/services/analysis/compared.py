"""Methods beside each other, item by item, and the tests of one against the others.

Of plain figures, so that they follow alike from the results and from the files of an export.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studies.aggregation import comparison
from studies.results import Metric
from studies.services.analysis.figures import MEASURES, defined

#: The method whose lead over each other one is tested.
ENSEMBLE = "ensemble"
RANDOM, SINGLE = "random ensemble (mean of draws)", "single sample (mean of pool)"
#: Variants that stand beside the default ensemble among the methods compared.
COMPARED = {"pool": "mean of all candidates", "consistent": "most LR-consistent", "votes": "vote-weighted mean"}
#: Names that no uploaded method can have.
OURS = (ENSEMBLE, RANDOM, SINGLE, *COMPARED.values())

#: Figures of merit by name.
Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Evaluated:
    """An item with an ensemble. position: of the item;  variants: by key;  others: by name of the method"""

    position: int
    metrics: Sequence[Metric]
    variants: Mapping[str, Figures]
    others: Mapping[str, Figures]


def methods(items: Sequence[Evaluated], *, confidence: float) -> dict[str, Any]:
    """Per metric the values of each method, by item, and their tests."""
    found = {}
    for metric in MEASURES:
        rows = _rows(items, metric)
        if not rows:
            continue
        scores = np.array(list(rows.values()), dtype=np.float64)
        found[metric] = {
            "methods": list(rows),
            "items": [item.position for item in items],
            "values": list(rows.values()),
            **comparison.tests(scores, against=list(rows).index(ENSEMBLE), confidence=confidence),
        }
    return found


def _rows(items: Sequence[Evaluated], metric: str) -> dict[str, list[float]]:
    """Method -> its value by item; nan where it has none. {} where no item has this metric."""
    columns = [_values(item, metric) for item in items]
    names = dict.fromkeys(name for column in columns for name in column)
    return {name: [column.get(name, math.nan) for column in columns] for name in names}


def _values(item: Evaluated, metric: str) -> dict[str, float]:
    measured = next((one for one in item.metrics if one.name == metric), None)
    if measured is None:
        return {}
    return {
        ENSEMBLE: measured.ensemble,
        RANDOM: measured.control.mean,
        SINGLE: measured.single_mean,
        **{words: defined(item.variants[key][metric]) for key, words in COMPARED.items() if key in item.variants},
        # Sorted: PostgreSQL gives the parts of JSON back in an order of its own.
        **{name: defined(item.others[name].get(metric)) for name in sorted(item.others, key=str.casefold)},
    }
