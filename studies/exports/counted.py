"""Votes of an export counted anew from ballots.csv, as `services.tallies` counts them from the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studies.aggregation.counts import chance_threshold, top_n
from studies.aggregation.intervals import wilson
from studies.aggregation.labels import majority
from studies.exports import ballots
from studies.exports.bundle import Bundle
from studies.exports.checks import table
from studies.exports.document import tie_seed
from studies.results import to_jsonable

Facts = dict[str, Any]


@dataclass
class Answer:
    """Of one participant to one item. picked: pool indexes"""

    label: str
    simulated: bool
    picked: set[int] = field(default_factory=set)


#: Item -> participant -> answer.
Answers = Mapping[int, Mapping[str, Answer]]


def answers(bundle: Bundle) -> Answers:
    """Every vote. A participant has one per item, however often rows say so."""
    found: dict[int, dict[str, Answer]] = defaultdict(dict)
    for row in table(bundle, ballots.FILE):
        of_item, person = found[int(row["item"])], row["participant"]
        one = of_item.get(person)
        if one is None:
            one = of_item[person] = Answer(row["label"], row["simulated"] == "true")
        if row["sample"]:
            one.picked.add(int(row["sample"]))
    return found


@dataclass(frozen=True)
class Count:
    """One item's votes. votes: int64 (m,);  by_label: int64 (labels, m);  labels: ballots by label

    picks: number of picks -> how many of the ballots have that many;  ballots, simulated: of all, and of these
    """

    votes: NDArray[np.int64]
    by_label: NDArray[np.int64]
    labels: dict[str, int]
    picks: dict[int, int]
    ballots: int
    simulated: int


def count(item: Facts, given: Mapping[str, Answer], without: Collection[str]) -> Count:
    """The answers to one item of results.json, but for those of some participants."""
    counted = [answer for person, answer in given.items() if person not in without]
    places = {label: place for place, label in enumerate(item["labels"])}
    votes = np.zeros(len(item["samples"]), np.int64)
    by_label = np.zeros((len(places), len(votes)), np.int64)
    for answer in counted:
        picked = list(answer.picked)
        votes[picked] += 1
        if answer.label in places:
            by_label[places[answer.label], picked] += 1
    labels = Counter(answer.label for answer in counted)
    return Count(
        votes=votes,
        by_label=by_label,
        labels={label: labels[label] for label in places},
        picks=dict(Counter(len(answer.picked) for answer in counted)),
        ballots=len(counted),
        simulated=sum(answer.simulated for answer in counted),
    )


def outcome(item: Facts, counted: Count, analysis: Facts, study_seed: int) -> Facts:
    """What results say of these votes, and alternatives alike: shares of labels, majority, selection.

    analysis: ensemble_size, tie_rule and confidence
    """
    confidence = analysis["confidence"]
    verdict = majority(counted.labels)
    shares = [
        {"label": label, "count": ballots, "share": wilson(ballots, counted.ballots, confidence=confidence)}
        for label, ballots in counted.labels.items()
    ]
    chosen = top_n(
        counted.votes,
        analysis["ensemble_size"],
        ties=analysis["tie_rule"],
        keys=[sample["lr_consistency"] for sample in item["samples"]],
        seed=tie_seed(study_seed, item["position"]),
    )
    selection = {
        "chosen": chosen.chosen, "tied_at_cut": chosen.tied_at_cut, "tie_rule": analysis["tie_rule"],
        "asked": analysis["ensemble_size"], "reason": chosen.reason,
    }  # fmt: skip
    found: Facts = to_jsonable(
        {"ballots": counted.ballots, "label_shares": shares, "majority": verdict.value,
         "majority_reason": verdict.reason, "selection": selection}
    )  # fmt: skip
    return found


def threshold(item: Facts, counted: Count) -> Facts:
    """Votes that a sample needs to be more than chance."""
    found: Facts = to_jsonable(chance_threshold(counted.ballots, counted.picks, max(len(item["samples"]), 1)))
    return found
