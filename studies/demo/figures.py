"""The one JSON line that sums up a headless demonstration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from studies.results import ItemResults, StudyResults


def summary(results: StudyResults, seconds_drawing: float, true_labels: Mapping[str, str]) -> dict[str, object]:
    """Numbers of the whole study; what is undefined is null. true_labels: by the items' names, as known."""
    samples = sum(len(item.samples) for item in results.items)
    people = results.participants
    known = [item for item in results.items if item.name in true_labels]
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
        "majority_right": sum(item.majority == true_labels[item.name] for item in known) if known else None,
        **_named(results),
        **_metrics(results.items, "lr_consistency", "_db"),
        **_metrics(results.items, "psnr", "_db"),
        **_metrics(results.items, "ssim", ""),
    }


def _named(results: StudyResults) -> dict[str, object]:
    """Shares of people who named the image rightly, before and after; nothing where nobody named, or none is known."""
    pooled = results.evidence.get("naming", {}).get("right", {}).get("pooled")
    if not pooled:
        return {}
    after = {f"named_right_{name}": rounded(share["value"]) for name, share in pooled["conditions"].items()}
    changed = pooled["mcnemar"].get("ensemble", {}).get("people", {})
    return {"named_right_before": rounded(pooled["before"]["value"]), **after, "named_p": changed.get("value")}


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _metrics(items: Sequence[ItemResults], name: str, unit: str) -> dict[str, float | None]:
    kinds = ("ensemble", "control", "single")
    return {f"{name}_{what}{unit}": mean([_metric(item, name, what) for item in items]) for what in kinds}


def _metric(item: ItemResults, name: str, what: str) -> float:
    metric = item.metric(name)
    if metric is None:
        return math.nan
    return {"ensemble": metric.ensemble, "control": metric.control.mean, "single": metric.single_mean}[what]


def mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return round(sum(known) / len(known), 3) if known else None
