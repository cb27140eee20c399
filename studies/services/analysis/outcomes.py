"""What the ballots of one item come to: shares, majority and selection, as they are reported and as read otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inference.models import Sample
from studies import results
from studies.aggregation.counts import Selection
from studies.aggregation.intervals import wilson
from studies.aggregation.labels import Majority, majority
from studies.models import Item, Study
from studies.services.analysis import evaluation, exclusions, versions
from studies.services.analysis import plan as plans
from studies.services.tallies import Tally, tallies

AS_LOCKED, WITHOUT_EXCLUSIONS = "as locked", "without exclusions"


def label_shares(study: Study, counted: Tally) -> tuple[results.LabelShare, ...]:
    """The share of each label offered, with Wilson's interval at the confidence of the study's plan."""
    confidence = plans.of(study).confidence
    counts = zip(counted.labels, counted.label_counts.tolist(), strict=True)
    return tuple(
        results.LabelShare(label=label, count=count, share=wilson(count, counted.ballots, confidence=confidence))
        for label, count in counts
    )


def verdict(counted: Tally) -> Majority:
    return majority(dict(zip(counted.labels, counted.label_counts.tolist(), strict=True)))


def selected(study: Study, selection: Selection) -> results.SelectionResult:
    return results.SelectionResult(
        chosen=selection.chosen,
        tied_at_cut=selection.tied_at_cut,
        tie_rule=study.tie_rule,
        asked=study.ensemble_size,
        reason=selection.reason,
    )


@dataclass(frozen=True)
class Other:
    """Another way to read the same ballots. study: with its n, tie rule and plan;  counted: by item id"""

    name: str
    study: Study
    counted: dict[int, Tally]


def others(
    study: Study, read: Study, items: list[Item], pools: dict[int, tuple[int, ...]], left_out: Collection[int]
) -> list[Other]:
    """What stands beside the results, where it may differ.

    study: as locked;  read: as its latest version has it, see `versions.as_read`;  left_out: by that version
    """
    found = []
    if left_out:
        found.append(Other(WITHOUT_EXCLUSIONS, read, tallies(read, items, pools)))
    if versions.current(study).number > 1:
        locked_out = exclusions.keys(study, plans.of(study))
        found.append(Other(AS_LOCKED, study, tallies(study, items, pools, without=locked_out)))
    return found


def alternative(other: Other, item: Item, pool: Sequence[Sample]) -> results.Alternative:
    """What one item comes to when its ballots are counted and read in another way."""
    counted = other.counted[item.pk]
    majority_label = verdict(counted)
    return results.Alternative(
        name=other.name,
        ballots=counted.ballots,
        label_shares=label_shares(other.study, counted),
        majority=majority_label.value,
        majority_reason=majority_label.reason,
        selection=selected(other.study, evaluation.selection(item, counted, pool, other.study)),
    )
