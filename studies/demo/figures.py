"""The one JSON line that sums up a headless demonstration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from studies.results import ItemResults, StudyResults


def summary(results: StudyResults, seconds_drawing: float, true_labels: Mapping[str, str]) -> dict[str, object]:
    """Numbers of the whole study; what is undefined is null. true_labels: by the items' names."""
    samples = sum(len(item.samples) for item in results.items)
    people = results.participants
    return {
        "study": results.name,
        "items": len(results.items),
        "participants": people.people + people.simulated,
        "simulated_participants": people.simulated,
        "ballots": sum(item.ballots for item in results.items),
        "samples": samples,
        "seconds_drawing": round(seconds_drawing, 2),
        "samples_per_second": round(samples / seconds_drawing, 1) if seconds_drawing else None,
        "majority_labels": [item.majority for item in results.items],
        "majority_right": sum(item.majority == true_labels[item.name] for item in results.items),
        "lr_consistency_ensemble_db": mean([_metric(item, "ensemble") for item in results.items]),
        "lr_consistency_control_db": mean([_metric(item, "control") for item in results.items]),
        "lr_consistency_single_db": mean([_metric(item, "single") for item in results.items]),
    }


def _metric(item: ItemResults, what: str) -> float:
    metric = item.metric("lr_consistency")
    if metric is None:
        return math.nan
    return {"ensemble": metric.ensemble, "control": metric.control.mean, "single": metric.single_mean}[what]


def mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return round(sum(known) / len(known), 3) if known else None
