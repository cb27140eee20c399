"""What the same people name before and after: shares of labels, who changed from what to what, and who was right.

Within an item a person answers once per condition, so people are independent cases there. Answers of one person to
several items are not: what is put together over items is given twice, by people, each of whom counts once, and by
answers as if they were independent, which is marked, because its p is too small.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from studies.aggregation.estimates import Interval, Probability, estimator
from studies.aggregation.intervals import score_limits, wilson
from studies.aggregation.naming import Change, cochran_q, mcnemar

VERSION = "1"
BEFORE = "low-resolution image"
#: The conditions of which it is asked what choosing adds to averaging.
CHOSEN, RANDOM = "ensemble", "control"
UNKNOWN = "undefined: no image has a label that is known to be right, so that nobody is right or wrong"
NOBODY = "undefined: nobody named both"
NOT_INDEPENDENT = "Answers of one person to several images are taken as independent: p is too small."


@dataclass(frozen=True)
class Naming:
    """One item. before: person -> label in the voting;  after: condition -> person -> label;  right: "" if unknown"""

    item: int
    before: Mapping[str, str]
    after: Mapping[str, Mapping[str, str]]
    right: str = ""


@dataclass(frozen=True)
class Shift:
    """Who changed. counts: a row per label before, a column per label after;  people: who named both"""

    people: int
    changed: int
    counts: tuple[tuple[int, ...], ...]
    reason: str = ""


def of_names(items: Sequence[Naming], labels: Sequence[str], *, confidence: float) -> dict[str, Any]:
    """All figures. labels: those offered, "cannot tell" among them; under "right" what needs a known right label.

    "Cannot tell" is not right.
    """
    return {
        "labels": tuple(labels),
        "conditions": conditions(items),
        "items": [_item(one, labels, confidence) for one in items],
        "right": right(items, confidence=confidence),
    }


def conditions(items: Sequence[Naming]) -> tuple[str, ...]:
    """All of them, as they first occur."""
    return tuple(dict.fromkeys(name for one in items for name in one.after))


def _item(one: Naming, labels: Sequence[str], confidence: float) -> dict[str, Any]:
    return {
        "item": one.item,
        "before": _shares(one.before, labels, confidence),
        "conditions": {name: _shares(given, labels, confidence) for name, given in one.after.items()},
        "shifts": {name: _shift(one.before, given, labels) for name, given in one.after.items()},
    }


def _shares(given: Mapping[str, str], labels: Sequence[str], confidence: float) -> list[Interval]:
    found = Counter(given.values())
    return [wilson(found[label], len(given), confidence=confidence) for label in labels]


def _shift(before: Mapping[str, str], after: Mapping[str, str], labels: Sequence[str]) -> Shift:
    pairs = [(before[person], after[person]) for person in after if person in before]
    found = Counter(pairs)
    counts = tuple(tuple(found[first, second] for second in labels) for first in labels)
    changed = sum(first != second for first, second in pairs)
    return Shift(len(pairs), changed, counts, "" if pairs else NOBODY)


def right(items: Sequence[Naming], *, confidence: float) -> dict[str, Any]:
    """Shares named right, McNemar's and Cochran's tests, by item and over those whose right label is known."""
    known = [one for one in items if one.right]
    if not known:
        return {"reason": UNKNOWN, "items": [], "pooled": None}
    return {
        "reason": "",
        "items": [{"item": one.item, "label": one.right, **_right(one, confidence)} for one in known],
        "pooled": _pooled(known, confidence),
    }


#: Condition, with BEFORE among them -> person -> whether they were right.
Verdicts = dict[str, dict[str, bool]]


def _verdicts(one: Naming) -> Verdicts:
    given = {BEFORE: one.before, **one.after}
    return {name: {person: label == one.right for person, label in found.items()} for name, found in given.items()}


def _right(one: Naming, confidence: float) -> dict[str, Any]:
    found = _verdicts(one)
    return {
        "before": wilson(sum(found[BEFORE].values()), len(found[BEFORE]), confidence=confidence),
        "conditions": {name: wilson(sum(found[name].values()), len(found[name]), confidence=confidence)
                       for name in one.after},
        "mcnemar": {name: _changed([(found[BEFORE], found[name])]) for name in one.after},
        "choice": _changed([(found.get(RANDOM, {}), found.get(CHOSEN, {}))]),
        "cochran": _cochran([found], one.after),
    }  # fmt: skip


def _changed(pairs: Sequence[tuple[Mapping[str, bool], Mapping[str, bool]]]) -> Change:
    """McNemar's test of all answers, (before, after) of each item."""
    both = [(before[person], after[person]) for before, after in pairs for person in sorted(set(before) & set(after))]
    found = mcnemar([first for first, _ in both], [second for _, second in both])
    return found if both else replace(found, reason=NOBODY)


def _by_people(pairs: Sequence[tuple[Mapping[str, bool], Mapping[str, bool]]]) -> Change:
    """The same with people as cases: who gained more than they lost against who lost more. For one item it is equal."""
    net: dict[str, int] = {}
    for before, after in pairs:
        for person in set(before) & set(after):
            net[person] = net.get(person, 0) + int(after[person]) - int(before[person])
    balance = [net[person] for person in sorted(net)]
    found = mcnemar([change < 0 for change in balance], [change > 0 for change in balance])
    return found if balance else replace(found, reason=NOBODY)


def _cochran(tables: Sequence[Verdicts], names: Mapping[str, Any] | Sequence[str]) -> Probability:
    """Of those who named everything; the low-resolution image is among the conditions where somebody voted on it."""
    seen = [name for name in (BEFORE, *names) if any(found.get(name) for found in tables)]
    rows = []
    for found in tables:
        everybody = [set(found.get(name, {})) for name in seen]
        people = sorted(set.intersection(*everybody)) if seen else []
        rows += [[found[name][person] for name in seen] for person in people]
    if len(seen) < 2 or not rows:
        reason = "undefined: nobody named everything" if len(seen) > 1 else "undefined: there is one condition"
        return Probability(math.nan, "cochran_q", VERSION, len(rows), reason=reason)
    return cochran_q(np.array(rows, dtype=np.int64))


def _pooled(known: Sequence[Naming], confidence: float) -> dict[str, Any]:
    tables, names = [_verdicts(one) for one in known], conditions(known)
    several = len(known) > 1

    def pairs(first: str, second: str) -> list[tuple[Mapping[str, bool], Mapping[str, bool]]]:
        return [(found.get(first, {}), found.get(second, {})) for found in tables]

    def tests(first: str, second: str) -> dict[str, Change]:
        answers = _changed(pairs(first, second))
        marked = replace(answers, limits=f"{answers.limits} {NOT_INDEPENDENT}".strip()) if several else answers
        return {"people": _by_people(pairs(first, second)), "answers": marked}

    cochran = _cochran(tables, names)
    return {
        "items": [one.item for one in known],
        "before": share_of_people([found[BEFORE] for found in tables], confidence=confidence),
        "conditions": {name: share_of_people([found.get(name, {}) for found in tables], confidence=confidence)
                       for name in names},
        "mcnemar": {name: tests(BEFORE, name) for name in names},
        "choice": tests(RANDOM, CHOSEN),
        "cochran": replace(cochran, method=f"{cochran.method}. {NOT_INDEPENDENT}") if several else cochran,
    }  # fmt: skip


@estimator
def share_of_people(tables: Sequence[Mapping[str, bool]], *, confidence: float) -> Interval:
    """The mean over people of each one's share of right answers, with Wilson's limits for so many people.

    tables: of each item, person -> right. The limits are as wide as if all answers of one person were one answer:
    they hold however alike these are, and are too wide where they are not.
    """
    own: dict[str, list[bool]] = {}
    for given in tables:
        for person, verdict in given.items():
            own.setdefault(person, []).append(verdict)
    if not own:
        reason = "undefined: nobody answered"
        return Interval(math.nan, "share_of_people", VERSION, 0, reason=reason, confidence=confidence)
    share = math.fsum(sum(given) / len(given) for given in own.values()) / len(own)
    low, high = score_limits(share * len(own), len(own), confidence)
    return Interval(share, "share_of_people", VERSION, len(own), low=low, high=high, confidence=confidence)
