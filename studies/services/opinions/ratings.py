"""Ratings as tables for statistics: scores of stimuli by observers, and who won against whom in pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from studies.models import Mode, Preference, Rating, RatingPhase, Stimulus, Study
from studies.models.rating import SCORED


@dataclass(frozen=True)
class Rated:
    """One stimulus of a table. condition: the kind, or the name of the method; item: its position."""

    pk: int
    item: int
    item_name: str
    kind: str
    condition: str
    sha256: str


@dataclass(frozen=True)
class Matrix:
    """First scores of ACR or DCR.

    stimuli: rows, by item, then as they were made; scores: float64 (stimuli, observers), 1 to 5, NaN where none
    was given; observers: pseudonyms of the columns, in the order of coming in; simulated: bool (observers,)
    """

    mode: str
    stimuli: tuple[Rated, ...]
    observers: tuple[str, ...]
    simulated: NDArray[np.bool_]
    scores: NDArray[np.float64]


@dataclass(frozen=True)
class Wins:
    """Pairs, by condition. wins: float64 (conditions, conditions), how often the row was preferred to the column; no
    difference is half a win for both. items: position -> the same of one item. people: pseudonym -> whether simulated
    Repetitions are left out.
    """

    conditions: tuple[str, ...]
    wins: NDArray[np.float64]
    items: dict[int, NDArray[np.float64]]
    people: dict[str, bool]


@dataclass(frozen=True)
class Repeats:
    """What was answered twice, in any mode: a score, a label, or the condition that was preferred, as text."""

    observers: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]


def matrix(study: Study, *, without: frozenset[int] = frozenset()) -> Matrix | None:
    """All scores given by people who count; None without a phase of scores. Four queries.

    without: participants whose ballots are left out; who has withdrawn is left out anyway
    """
    phase = RatingPhase.objects.filter(study=study, mode__in=SCORED).first()
    if phase is None:
        return None
    rows = rated(phase)
    given = _given(phase, without)
    people = dict(given.values_list("rater__participant__code", "rater__participant__simulated"))
    row = {stimulus.pk: index for index, stimulus in enumerate(rows)}
    column = {code: index for index, code in enumerate(people)}
    scores = np.full((len(rows), len(people)), np.nan)
    first = given.filter(repeat=0).values_list("rater__participant__code", "stimulus", "score")
    for code, stimulus, score in first.iterator(chunk_size=5000):
        scores[row[stimulus], column[code]] = score
    simulated = np.array(list(people.values()), dtype=bool)
    return Matrix(phase.mode, rows, tuple(people), simulated, scores)


def wins(study: Study, *, without: frozenset[int] = frozenset()) -> Wins | None:
    """All preferences given by people who count; None without a phase of pairs. Three queries.

    without: as for `matrix`
    """
    phase = RatingPhase.objects.filter(study=study, mode=Mode.PAIRWISE).first()
    if phase is None:
        return None
    rows = {one.pk: one for one in rated(phase)}
    conditions = tuple(dict.fromkeys(one.condition for one in rows.values()))
    place = {condition: index for index, condition in enumerate(conditions)}
    items = {one.item: np.zeros((len(conditions), len(conditions))) for one in rows.values()}
    people: dict[str, bool] = {}
    who = ("rater__participant__code", "rater__participant__simulated")
    answers = _given(phase, without).filter(repeat=0).values_list("stimulus", "other", "preference", *who)
    for left, right, preference, code, simulated in answers.iterator(chunk_size=5000):
        table, one, other = items[rows[left].item], place[rows[left].condition], place[rows[right].condition]
        share, people[code] = SHARE[preference], simulated
        table[one, other] += share
        table[other, one] += 1 - share
    whole = np.sum(list(items.values()), axis=0) if items else np.zeros((0, 0))
    return Wins(conditions, whole, items, people)


def repeats(study: Study, *, without: frozenset[int] = frozenset()) -> Repeats | None:
    """All answers that were asked for twice and given twice; None without a rating phase. Three queries.

    without: as for `matrix`
    """
    phase = RatingPhase.objects.filter(study=study).first()
    if phase is None:
        return None
    conditions = {one.pk: one.condition for one in phase.stimuli.select_related("method")}
    given: dict[int, dict[tuple[str, frozenset[int | None]], str]] = {0: {}, 1: {}}
    fields = ("repeat", "rater__participant__code", "stimulus", "other", "score", "label", "preference")
    for repeat, code, stimulus, other, score, label, preference in _given(phase, without).values_list(*fields):
        shown = {Preference.FIRST.value: stimulus, Preference.SECOND.value: other}
        answer = (conditions[shown[preference]] if preference in shown else preference) or label or str(score)
        given[repeat][code, frozenset((stimulus, other))] = answer
    both = [key for key in given[1] if key in given[0]]
    return Repeats(
        tuple(code for code, _ in both), tuple(given[0][key] for key in both), tuple(given[1][key] for key in both)
    )


#: How much of a win the left one has.
SHARE = {Preference.FIRST.value: 1.0, Preference.NONE.value: 0.5, Preference.SECOND.value: 0.0}


def rated(phase: RatingPhase) -> tuple[Rated, ...]:
    """The stimuli that are rated, by item. DCR's reference is among them only where it is hidden among the others."""
    rows = phase.stimuli.select_related("item", "method").order_by("item__position", "pk")
    return tuple(_rated(one) for one in rows if _is_rated(phase, one))


def _is_rated(phase: RatingPhase, stimulus: Stimulus) -> bool:
    return phase.mode != Mode.DCR or phase.hidden_reference or stimulus.kind != "reference"


def _rated(one: Stimulus) -> Rated:
    return Rated(one.pk, one.item.position, one.item.name, one.kind, one.condition, one.sha256)


def _given(phase: RatingPhase, without: frozenset[int]) -> QuerySet[Rating]:
    rows = Rating.objects.given().filter(rater__phase=phase).order_by("rater__turn", "number")
    return rows.exclude(rater__participant__in=without) if without else rows
