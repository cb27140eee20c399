"""Whose ballots a plan leaves out, and why: judged by each participant's own stored answers (`aggregation.screening`).

Who fails is found by the database, which groups: no ballot is looked at one by one, so pages may ask while votes come
in. The words are those of `screening`, from the answers of the few who fail.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from studies.aggregation.screening import LEAST_ANSWERS, ROUNDING, Answer, Verdict, screen
from studies.models import Ballot, Kind, Participant, Pick, Study
from studies.services.analysis.plan import EXCLUSIONS, Plan

_PERSON = "trial__participant"


@dataclass(frozen=True)
class Exclusion:
    """One participant who is left out, with every rule that they fail."""

    participant: Participant
    failures: tuple[Verdict, ...]


def failing(study: Study, plan: Plan) -> dict[str, frozenset[int]]:
    """Rule of the plan -> ids of the participants who fail it. At most two queries for each rule, none without."""
    return {rule: frozenset(_RULES[rule](study, plan)) for rule in plan.screens}


def keys(study: Study, plan: Plan) -> frozenset[int]:
    """The ids of those who are left out."""
    return frozenset[int]().union(*failing(study, plan).values())


def excluded(study: Study, plan: Plan, people: Collection[int]) -> list[Exclusion]:
    """These people with the rules that they fail, in the order of enrolment. Two queries, none without people."""
    if not people:
        return []
    answers = _answers_of(people)
    rules = {name: getattr(plan, name) for name in EXCLUSIONS}
    found = []
    for person in study.participants.filter(pk__in=people).order_by("pk"):
        verdicts = screen(answers.get(person.pk, []), **rules)
        found.append(Exclusion(person, tuple(verdict for verdict in verdicts if verdict.passed is False)))
    return found


def _answers_of(people: Collection[int]) -> dict[int, list[Answer]]:
    """Participant id -> what they have answered, in their own order. One query."""
    rows = (
        Ballot.objects.filter(trial__participant__in=people)
        .annotate(place=Subquery(Pick.objects.filter(ballot=OuterRef("pk"), rank=1).values("position")[:1]))
        .order_by("trial__participant", "trial__number")
        .values_list(
            _PERSON, "trial__item__kind", "trial__item", "trial__repeat", "label", "trial__item__expected_label",
            "trial__observation__label_ms", "trial__observation__picking_ms", "place",
            "trial__observation__ratio_changes",
        )
    )  # fmt: skip
    found: dict[int, list[Answer]] = {}
    for person, kind, item, repeat, label, expected, label_ms, picking_ms, place, changes in rows.iterator(5000):
        took = None if picking_ms is None else picking_ms + (label_ms or 0)
        answer = Answer(kind, item, repeat, label, expected, took, place, changes)
        found.setdefault(person, []).append(answer)
    return found


def _sent(study: Study) -> QuerySet[Ballot]:
    """What everybody who is still there has sent."""
    return Ballot.objects.filter(trial__participant__study=study, trial__participant__withdrawn_at=None).order_by()


def _votes(study: Study) -> QuerySet[Ballot]:
    return Ballot.objects.votes().filter(trial__participant__study=study).order_by()


def _attention(study: Study, plan: Plan) -> list[int]:
    known = _sent(study).filter(trial__item__kind=Kind.ATTENTION).exclude(trial__item__expected_label="")
    right = Count("pk", filter=Q(label=F("trial__item__expected_label")))
    rows = known.values_list(_PERSON).annotate(judged=Count("pk"), counted=right)
    return [person for person, judged, counted in rows if counted < plan.attention * judged - ROUNDING]


def _least_seconds(study: Study, plan: Plan) -> list[int]:
    timed = _votes(study).filter(trial__observation__picking_ms__isnull=False)
    timed = timed.annotate(took=F("trial__observation__picking_ms") + Coalesce("trial__observation__label_ms", 0))
    fast = Count("pk", filter=Q(took__lt=round(1000 * plan.least_seconds)))
    rows = timed.values_list(_PERSON).annotate(judged=Count("pk"), counted=fast)
    return [person for person, judged, counted in rows if 2 * counted > judged]


def _same_place(study: Study, plan: Plan) -> set[int]:
    """Two queries: how many first picks each has, then how many at each place, of places with enough of them."""
    first = Pick.objects.filter(rank=1, ballot__in=_votes(study)).order_by()
    totals = dict(first.values_list(f"ballot__{_PERSON}").annotate(n=Count("pk")).filter(n__gte=LEAST_ANSWERS))
    if not totals:
        return set()
    # Fewer at one place than this concern nobody: they stay in the database.
    enough = plan.same_place * min(totals.values())
    rows = first.values_list(f"ballot__{_PERSON}", "position").annotate(n=Count("pk")).filter(n__gt=enough)
    return {person for person, _, n in rows if person in totals and n > plan.same_place * totals[person] + ROUNDING}


def _retest(study: Study, plan: Plan) -> list[int]:
    first = Ballot.objects.filter(
        trial__participant=OuterRef(_PERSON), trial__item=OuterRef("trial__item"), trial__repeat=0
    )
    again = _sent(study).filter(trial__repeat=1, trial__item__kind=Kind.MAIN).exclude(label="")
    again = again.annotate(before=Subquery(first.values("label")[:1])).exclude(before=None)
    alike = Count("pk", filter=Q(label=F("before")))
    rows = again.values_list(_PERSON).annotate(judged=Count("pk"), counted=alike)
    return [person for person, judged, counted in rows if counted < plan.retest * judged - ROUNDING]


def _ratio_change(study: Study, plan: Plan) -> list[int]:
    changed = _votes(study).filter(trial__observation__ratio_changes__gt=0)
    return list(changed.values_list(_PERSON, flat=True).distinct())


_RULES: dict[str, Callable[[Study, Plan], Collection[int]]] = {
    "attention": _attention,
    "least_seconds": _least_seconds,
    "same_place": _same_place,
    "retest": _retest,
    "ratio_change": _ratio_change,
}
