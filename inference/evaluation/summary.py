"""The records of all images of one sampler into the figures that a table shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.stats import binomtest

from inference.evaluation.calibration import every_share, top_label
from inference.evaluation.measure import Record, rounded


def summarise(records: Sequence[Record]) -> dict[str, Any]:
    """Means over images, each image counting once; images picked because they are hard count under labels only.

    ``lr_consistency``: the mean over all samples, the worst of all, and NTIRE's mean over images of each one's worst.
    ``gradient_energy.sample_nearer``: the share of images whose samples are nearer to the truth's sharpness than the
    mean of the pool is.
    """
    plain = [one for one in records if not one.get("labels", {}).get("extra")]
    summary = {
        "images": len(plain),
        **{part: _means(plain, part) for part in ("sample", "mean", "bicubic", "diversity", "pixel_std")},
        **{part: _consistency(plain, part) for part in ("lr_consistency", "lr_consistency_projected")},
        "gradient_energy": {**_means(plain, "gradient_energy"), "sample_nearer": _nearer(plain)},
        "best_of": {
            "n": plain[0]["best_of"]["n"],
            **{
                name: np.mean([one["best_of"][name] for one in plain], axis=0).tolist()
                for name in ("psnr_y", "distance")
            },
        },
    }
    if all("labels" in one for one in records):
        summary["labels"] = _groups(records, plain)
    found: dict[str, Any] = rounded(summary)
    return found


def share(hits: Iterable[bool]) -> dict[str, float]:
    """How many of how many, with Wilson's 95 % interval; the share is nan for none at all."""
    hit = list(hits)
    if not hit:
        return {"hits": 0, "of": 0, "value": float("nan"), "low": float("nan"), "high": float("nan")}
    interval = binomtest(int(sum(hit)), len(hit)).proportion_ci(method="wilson")
    return {
        "hits": int(sum(hit)),
        "of": len(hit),
        "value": float(np.mean(hit)),
        "low": float(interval.low),
        "high": float(interval.high),
    }


def _groups(records: Sequence[Record], plain: Sequence[Record]) -> dict[str, Any]:
    """All images, and those that are hard to read and not, where that is known."""
    groups = {"all": _labels(plain)}
    if all(one["labels"]["hard"] is not None for one in records):
        groups["hard"] = _labels([one for one in records if one["labels"]["hard"]])
        groups["easy"] = _labels([one for one in plain if not one["labels"]["hard"]])
    return groups


def _labels(records: Sequence[Record]) -> dict[str, Any]:
    """What readers see in the samples of a group of images; only the number of images where there are none.

    ``top_as_read`` is `top_label` against what the reader sees in the true pictures: where it misreads those, samples
    that are drawn exactly as often as they are true are misread as often, and the labels hold that against them.
    """
    if not records:
        return {"images": 0}
    found = [one["labels"] for one in records]
    counts, truths = np.array([one["counts"] for one in found]), [one["truth"] for one in found]
    shares = counts / counts.sum(axis=1, keepdims=True)
    right = shares[np.arange(len(truths)), truths]

    def named(what: str) -> dict[str, float]:
        return share(one[what] == one["truth"] for one in found)

    return {
        "images": len(found),
        "all_samples_right": float(right.mean()),
        "first_sample_right": named("first"),
        "majority_right": share(_majority_is(row, truth) for row, truth in zip(counts, truths, strict=True)),
        "mean_right": named("mean"),
        "truth_right": named("high"),
        "low_right": None if any(one["low"] is None for one in found) else named("low"),
        "coverage": share(bool(value > 0) for value in right),
        "entropy_bits": abs(float((shares * np.log2(np.where(shares > 0, shares, 1))).sum(axis=1).mean())),
        "top_label": asdict(top_label(counts, truths)),
        "every_share": asdict(every_share(counts, truths)),
        "top_as_read": asdict(top_label(counts, [one["high"] for one in found])),
        "pixel_std": _mean(one["pixel_std"]["mean"] for one in records),
    }


def _majority_is(counts: Sequence[int], truth: int) -> bool:
    """Whether more samples show the truth than any other label: a tie is nobody's majority."""
    others = [count for label, count in enumerate(counts) if label != truth]
    return counts[truth] > max(others)


def _means(records: Sequence[Record], part: str) -> dict[str, float]:
    return {name: _mean(one[part][name] for one in records) for name in records[0][part]}


def _mean(values: Iterable[float | None]) -> float:
    """Over the images for which it is defined."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def _consistency(records: Sequence[Record], part: str) -> dict[str, float]:
    worst = [one[part]["worst"] for one in records]
    return {
        "mean": _mean(one[part]["mean"] for one in records),
        "worst": min(worst),
        "worst_by_image": float(np.mean(worst)),
    }


def _nearer(records: Sequence[Record]) -> float:
    energies = [one["gradient_energy"] for one in records]
    return float(np.mean([abs(e["sample"] - e["truth"]) < abs(e["mean"] - e["truth"]) for e in energies]))
