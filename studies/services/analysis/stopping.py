"""When a study stops: the rule of its plan, fixed before there were votes, and how far it is.

Votes are counted as the protocol's plan says, without those it leaves out. An open study is closed by itself
(`lifecycle.close_due`) only where its plan says so, and never while simulated participants are counted: a rehearsal
is no evidence.

Consensus: of a label that names something; "cannot tell" is nobody's consensus, but counts among the ballots of which
more than half are needed. If no label is seen by more than half, the chance that at any time some label leads with
more than half of the ballots and an e-value of 1 / alpha is at most alpha. Two labels at one half are the worst case
(the chance of a label grows faster than its share), and there Ville's inequality holds; counted exactly, it is 0.84
alpha or less.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db.models import Count

from studies.aggregation.estimates import Estimate, Interval
from studies.aggregation.intervals import e_value, wilson
from studies.models import CANNOT_TELL, Ballot, Item, Study
from studies.services.analysis import exclusions
from studies.services.analysis import plan as plans
from studies.services.analysis.plan import CONSENSUS, COUNT, NONE, PRECISION, Plan
from studies.services.results import participants
from studies.services.tallies import offered_labels

#: The share that the e-value speaks against: a label that at most half of all see is no consensus.
HALF = 0.5


@dataclass(frozen=True)
class ItemState:
    """One item so far. counts, shares: by label, in the order offered; leader: "" for none or a tie.

    half_width: of the leading share's interval, nan without ballots;  evidence: e-value of "more than half see the
    leading label", which is not "cannot tell"; 1 where at most half do;  met: whether the study's rule is met here, as
    far as it is about items
    """

    item: Item
    ballots: int
    counts: dict[str, int]
    shares: dict[str, Interval]
    leader: str
    half_width: float
    evidence: Estimate
    met: bool


@dataclass(frozen=True)
class Stop:
    """finished: participants who are through and not left out;  met: whether the rule says stop;  why: in words.

    closes: whether the study is closed by itself once the rule is met
    """

    plan: Plan
    finished: int
    simulated: int
    excluded: int
    items: tuple[ItemState, ...]
    met: bool
    why: str

    @property
    def closes(self) -> bool:
        return self.plan.close_when_reached and not self.simulated

    @property
    def items_met(self) -> int:
        return sum(item.met for item in self.items)

    @property
    def wanted_evidence(self) -> float:
        """The e-value that every item must reach under the rule of consensus."""
        return 1 / self.plan.alpha


def state(study: Study, left_out: Collection[int] | None = None) -> Stop:
    """How far the study is, in a few queries that the database groups.

    left_out: the ids of those whom the plan leaves out, where the caller has them already
    """
    plan = plans.of(study)
    left_out = exclusions.keys(study, plan) if left_out is None else left_out
    counted = _label_counts(study, left_out)
    labels = offered_labels(study)
    items = tuple(
        _item(item, plan, labels, counted.get(item.pk, Counter())) for item in study.items.main().order_by("position")
    )
    people = participants(study)
    finished = people.finished + people.finished_simulated
    if left_out:
        finished -= study.participants.filter(pk__in=left_out, finished_at__isnull=False, withdrawn_at=None).count()
    met, why = _verdict(plan, finished, items)
    return Stop(plan, finished, people.simulated, len(left_out), items, met, why)


def _label_counts(study: Study, left_out: Collection[int]) -> dict[int, Counter[str]]:
    """Item id -> label -> ballots; a study without labels has all of them under "". One query."""
    rows = Ballot.objects.votes(left_out).filter(trial__participant__study=study).order_by()
    found: dict[int, Counter[str]] = {}
    for item, label, count in rows.values_list("trial__item", "label").annotate(n=Count("pk")):
        found.setdefault(item, Counter())[label] += count
    return found


def _item(item: Item, plan: Plan, labels: tuple[str, ...], counts: Counter[str]) -> ItemState:
    ballots = counts.total()
    shares = {label: wilson(counts[label], ballots, confidence=plan.confidence) for label in labels}
    most = max((counts[label] for label in labels), default=0)
    leaders = [label for label in labels if most and counts[label] == most]
    leading = wilson(most, ballots, confidence=plan.confidence)
    evidence = _for_more_than_half(max((counts[label] for label in labels if label != CANNOT_TELL), default=0), ballots)
    half_width = (leading.high - leading.low) / 2
    met = {
        PRECISION: half_width <= plan.half_width,  # False for nan
        CONSENSUS: evidence.value >= 1 / plan.alpha,
    }.get(plan.stopping, False)
    leader = leaders[0] if len(leaders) == 1 else ""
    return ItemState(item, ballots, dict(counts), shares, leader, half_width if ballots else math.nan, evidence, met)


def _for_more_than_half(leading: int, ballots: int) -> Estimate:
    """The e-value sees both sides of one half: on the other one it is evidence for less, so here it is none."""
    found = e_value(leading, ballots, chance=HALF)
    return found if 2 * leading > ballots else replace(found, value=1.0)


def _verdict(plan: Plan, finished: int, items: tuple[ItemState, ...]) -> tuple[bool, str]:
    if plan.stopping == NONE:
        return False, "No rule stops this study: it is closed by hand."
    if finished >= plan.most_participants:
        who = "1 participant has" if finished == 1 else f"{finished} participants have"
        return True, f"{who} finished: the most that the plan asks for."
    if plan.stopping == COUNT:
        return False, f"{finished} of {plan.most_participants} participants have finished."
    reached = sum(item.met for item in items)
    one, several = _WORDS[plan.stopping]
    if items and reached == len(items):
        return True, f"The image {one}." if reached == 1 else f"All {reached} images {several}."
    return False, f"{reached} of {len(items)} images {several}."


#: Of one image, and of several.
_WORDS = {
    PRECISION: ("is known well enough", "are known well enough"),
    CONSENSUS: (
        "has a label that more than half see, by strong evidence",
        "have a label that more than half see, by strong evidence",
    ),
}
