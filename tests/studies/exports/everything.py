"""A small study in which everything has happened that results tell of, for tests that change each of its figures."""

from __future__ import annotations

import uuid

from django.utils import timezone

from studies.models import CANNOT_TELL, Item, Kind, Participant, Region, Study
from studies.services import enrolment, lifecycle, voting
from studies.services.analysis import evaluation, evidence_work, versions
from studies.services.analysis.plan import Plan
from studies.services.opinions import methods
from studies.services.ordering import candidate_ids
from studies.services.simulated import simulated_ratings
from tests.studies import factories, rated, rich

#: Picks, and the label of the first item and of all others.
ANSWERS = (
    ([0, 1, 8], ("5", "6")),
    ([0, 2], ("5", "5")),
    ([0, 1, 10], ("6", "6")),
    ([3], (CANNOT_TELL, "5")),
    ([2], (CANNOT_TELL, CANNOT_TELL)),
)
CELLS = {"kind": "grid", "columns": 8, "rows": 8, "cells": [0, 1, 9]}


def study(*, mode: str = "acr") -> Study:
    """Two families of candidates and some made of others, six people and a simulated one, of whom the plan leaves out
    one; one has withdrawn. A second version of the analysis, an uploaded method, ratings, evidence."""
    made = rich.study(
        name="Everything", truth=True, pool_size=8, ensemble_size=3, control_draws=20, region=Region.GRID,
        plan=Plan(attention=1.0, resamples=100).as_mapping(),
    )  # fmt: skip
    _mix(made)
    for picks, labels in ANSWERS:
        take_part(made, picks, labels, observed=picks != [0, 1, 10])
    take_part(made, [0, 9], ("6", "6"), attention="5")
    take_part(made, [1, 9], ("6", "5"), simulated=True)
    enrolment.withdraw(take_part(made, [5], ("5", "5")))
    factories.participant(made)
    versions.add(made, made.memberships.get().user, reason="A reviewer asked.", ensemble_size=2)
    lifecycle.close_study(made)
    for asked in evaluation.request_all(made):
        evaluation.run(asked.pk)
    methods.add(made, "EDSR", rated.method_files(made))
    rated.opened(made, mode=mode, repeats=2)
    simulated_ratings.simulate(made, count=3, seed=1)
    assert evidence_work.run(made).error == ""
    return made


def _mix(study: Study) -> None:
    """Two samples of other weights, two between samples of the first; in every pool."""
    other = factories.weights(sampler="srdiff", name="other")
    study.additions.create(weights=other, count=2)
    for item in study.items.all():
        parents = list(item.pool)[:2]
        factories.more(item, 2, other)
        factories.more(item, 2, parents=parents)
    Item.objects.filter(study=study, position=0).update(expected_label="5")


def take_part(
    study: Study,
    picks: list[int],
    labels: tuple[str, str],
    *,
    attention: str = "6",
    observed: bool = True,
    simulated: bool = False,
) -> Participant:
    """Every trial answered with these pool indexes; who sees a 5 marks a part of the image too."""
    person, _ = enrolment.enrol(study, simulated=simulated)
    Participant.objects.filter(pk=person.pk).update(checked_at=timezone.now(), introduced_at=timezone.now())
    for trial in person.trials.order_by("number"):
        label = attention if trial.item.kind == Kind.ATTENTION else labels[min(trial.item.position, 1)]
        given, order = voting.give_label(trial, label), candidate_ids(trial)
        if observed and not simulated:
            rich.observe(given, m=len(order))
        ids = list(trial.item.pool.values_list("pk", flat=True))
        chosen = picks if label != CANNOT_TELL else []
        voting.cast(
            given, submission_id=uuid.uuid4(), label=label, positions=[order.index(ids[index]) for index in chosen],
            confidence=3 if chosen else None, region=CELLS if chosen and label == "5" else None,
        )  # fmt: skip
    person.trials.filter(item__kind=Kind.PRACTICE).update(feedback_seen_at=timezone.now())
    Participant.objects.filter(pk=person.pk).update(finished_at=timezone.now())
    person.refresh_from_db()
    return person
