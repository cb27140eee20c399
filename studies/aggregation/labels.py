"""Perceived labels into a verdict that does not depend on the order of rows, and into a model's opinion beside it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studies.aggregation.estimates import estimator

VERSION = "1"
#: EM ends when no posterior moves by more, or after so many rounds.
TOLERANCE, MOST_ROUNDS = 1e-10, 1000
#: No label is thought impossible of those that a person has given.
LEAST = 1e-10
EQUAL = 1e-6


@dataclass(frozen=True)
class Majority:
    """value: the label given most often; None for a tie, listed in `tied`, and when there is no label at all."""

    value: str | None
    count: int
    total: int
    tied: tuple[str, ...] = ()
    name: str = "majority"
    version: str = VERSION
    reason: str = ""
    inputs: str = ""


@dataclass(frozen=True)
class DawidSkene:
    """A model's opinion beside the verdict. labels: by unit; None where two are equally likely or nobody has labelled.

    classes: all labels given, sorted;  priors: of each class;  posteriors: by unit and class
    confusion: by rater, true class and class given;  count: of labels given;  all empty where undefined, see `reason`
    """

    labels: tuple[str | None, ...] = ()
    classes: tuple[str, ...] = ()
    priors: tuple[float, ...] = ()
    posteriors: tuple[tuple[float, ...], ...] = ()
    confusion: tuple[tuple[tuple[float, ...], ...], ...] = ()
    rounds: int = 0
    converged: bool = False
    count: int = 0
    name: str = "dawid_skene"
    version: str = VERSION
    reason: str = ""
    inputs: str = ""


@estimator
def majority(labels: Iterable[str] | Mapping[str, int]) -> Majority:
    """The label given most often (a relative majority); "cannot tell" counts as a label like any other.

    labels: one per ballot, or how many ballots have each

    Equal numbers have no winner: libraries that return one of them let the order of rows decide.
    """
    counts = Counter(labels)
    total = sum(counts.values())
    if total == 0:
        return Majority(None, 0, 0, reason="undefined: there are no labels yet")
    most = max(counts.values())
    leaders = tuple(sorted(label for label, count in counts.items() if count == most))
    if len(leaders) > 1:
        names = f"{', '.join(leaders[:-1])} and {leaders[-1]}"
        return Majority(None, most, total, tied=leaders, reason=f"undefined: {names} are tied")
    return Majority(leaders[0], most, total)


@estimator
def dawid_skene(labels: Sequence[Sequence[str | None]]) -> DawidSkene:
    """What was likely to be seen if every person confuses labels in a way of their own (Applied Statistics 28, 1979).

    labels: (units, raters), None where missing

    Expectation-maximisation from the shares of labels in each unit. A sensitivity line, not the verdict: it believes
    people who agree over units, so that several who are wrong in the same way can carry it. Undefined, with a reason:
    without labels, without variation, and where nobody has labelled two units, as nothing is known of people then.
    """
    given = [(unit, rater, label) for unit, row in enumerate(labels) for rater, label in enumerate(row) if label]
    classes = tuple(sorted({label for _, _, label in given}))
    by_rater = Counter(rater for _, rater, _ in given)
    if reason := _undefined(classes, by_rater):
        return DawidSkene(count=len(given), reason=reason)
    number = {label: code for code, label in enumerate(classes)}
    answers = np.array([(unit, rater, number[label]) for unit, rater, label in given])
    raters = max(len(row) for row in labels)
    posteriors, priors, confusion, rounds, change = _expectation_maximisation(
        answers, len(labels), raters, len(classes)
    )
    return DawidSkene(
        labels=tuple(_likeliest(row, classes) for row in posteriors),
        classes=classes,
        priors=tuple(priors.tolist()),
        posteriors=tuple(map(tuple, posteriors.tolist())),
        confusion=tuple(tuple(map(tuple, person)) for person in confusion.transpose(0, 2, 1).tolist()),
        rounds=rounds,
        converged=change <= TOLERANCE,
        count=len(given),
    )


def _undefined(classes: Sequence[str], by_rater: Mapping[int, int]) -> str:
    if not classes:
        return "undefined: there are no labels yet"
    if len(classes) == 1:
        return "undefined: no variation, all labels are the same"
    if max(by_rater.values()) < 2:
        return "undefined: everybody has labelled one item only, and this model compares people over several"
    return ""


def _expectation_maximisation(
    answers: NDArray[np.int64], units: int, raters: int, classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int, float]:
    """answers: rows of unit, rater, class. Posteriors (units, classes), priors, confusion (raters, given, true)."""
    unit, rater, label = answers.T
    key = rater * classes + label
    used = (np.bincount(key, minlength=raters * classes) > 0).reshape(raters, classes, 1)
    posteriors = np.bincount(unit * classes + label, minlength=units * classes).reshape(units, classes).astype(float)
    labelled = posteriors.sum(axis=1) > 0
    posteriors[labelled] /= posteriors[labelled].sum(axis=1, keepdims=True)
    posteriors[~labelled] = np.nan
    rounds, change = 0, math.inf
    while change > TOLERANCE and rounds < MOST_ROUNDS:
        rounds += 1
        priors = posteriors[labelled].mean(axis=0)
        confusion = _summed(key, posteriors[unit], raters * classes).reshape(raters, classes, classes)
        confusion = np.where(used, np.maximum(confusion, LEAST), 0)
        confusion /= np.maximum(confusion.sum(axis=1, keepdims=True), LEAST)
        likelihood = _summed(unit, np.log(confusion[rater, label]), units) + np.log(np.maximum(priors, LEAST))
        found = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
        change = float(np.abs(found - posteriors)[labelled].max())
        posteriors[labelled] = found[labelled]
    return posteriors, posteriors[labelled].mean(axis=0), confusion, rounds, change


def _summed(key: NDArray[np.int64], rows: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Sums of rows that have the same key, as (size, columns)."""
    return np.stack([np.bincount(key, weights=column, minlength=size) for column in rows.T], axis=1)


def _likeliest(posterior: NDArray[np.float64], classes: Sequence[str]) -> str | None:
    if np.isnan(posterior).any():
        return None
    best = np.flatnonzero(posterior >= posterior.max() - EQUAL)
    return classes[best[0]] if len(best) == 1 else None
