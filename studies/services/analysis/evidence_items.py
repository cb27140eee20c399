"""Evidence of one item: its votes as they are read, and the methods that stand beside its ensemble."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference import services as inference
from inference.core.degradation import upscale
from inference.core.images import read_uint8, to_uint8
from inference.models import Sample
from studies.aggregation.evidence import Rule, of_labels, of_picks
from studies.models import Item, MethodImage, TieRule
from studies.results import to_jsonable
from studies.services.analysis import evaluation, plan
from studies.services.analysis.exposures import Exposure
from studies.services.candidates.pools import Pool
from studies.services.opinions import methods
from studies.services.tallies import Tally


@dataclass(frozen=True)
class Votes:
    """One item's votes, as they are read. picks and labels: of the same ballots; item.study: as read"""

    item: Item
    pool: list[Sample]
    counted: Tally
    picks: list[frozenset[int]]
    labels: list[str]
    seen: Exposure


def figures(votes: Votes) -> dict[str, Any]:
    """All figures of one item, ready for JSON."""
    study, position = votes.item.study, votes.item.position
    read, seed = plan.of(study), plan.bootstrap_seed(study.seed, position)
    found = {
        "observed": votes.seen.observed,
        "exposures": votes.seen.people.tolist(),
        "milliseconds": votes.seen.milliseconds.tolist(),
        "labels": of_labels(votes.counted.label_counts.tolist(), seed=seed, confidence=read.confidence),
        "picks": of_picks(
            votes.picks,
            votes.labels,
            _rule(votes),
            pool_size=len(votes.pool),
            seed=seed,
            resamples=read.resamples,
            mean=Pool(votes.pool).mean,
        ),
        "methods": _methods(votes.item),
    }
    return to_jsonable(found)


def _rule(votes: Votes) -> Rule:
    study = votes.item.study
    secondary = study.tie_rule == TieRule.SECONDARY
    return Rule(
        n=study.ensemble_size,
        ties=study.tie_rule,  # type: ignore[arg-type]
        tie_seed=evaluation.tie_seed(study.seed, votes.item.position),
        keys=tuple(sample.lr_consistency for sample in votes.pool) if secondary else None,
    )


def _methods(item: Item) -> dict[str, dict[str, float]]:
    """Figures of merit of bicubic enlargement and of the uploaded results of other networks, by method."""
    measured = evaluation.measures(item)
    pictures = {"bicubic": bicubic(item), **dict(_uploaded(item))}
    return {name: {key: measure(image) for key, measure in measured.items()} for name, image in pictures.items()}


def bicubic(item: Item) -> NDArray[np.uint8]:
    """The LR image enlarged, uint8 (H, W, C)."""
    enlarged = upscale(inference.read_low_res(item.low_res), item.study.weights.scale)
    return to_uint8(np.clip(enlarged, 0, 1))


def _uploaded(item: Item) -> Iterable[tuple[str, NDArray[np.uint8]]]:
    rows = MethodImage.objects.filter(item=item).select_related("method")
    return ((row.method.name, read_uint8(methods.png(row.sha256))) for row in rows)
