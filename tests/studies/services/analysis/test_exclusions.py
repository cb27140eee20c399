"""Whose ballots a plan leaves out: by their own stored answers, and only where there is something to judge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studies.models import Ballot, Item, Kind, Observation, Participant, Pick, Study, Trial
from studies.services.analysis import exclusions
from studies.services.analysis.plan import Plan
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def left_out(study: Study, **plan: Any) -> dict[int, list[tuple[str, float, int]]]:
    """By the database who, by `screening` why: both must say the same of everybody."""
    failing = exclusions.failing(study, Plan(**plan))
    everybody = list(study.participants.counted().values_list("pk", flat=True))
    verdicts = {one.participant.pk: one.failures for one in exclusions.excluded(study, Plan(**plan), everybody)}
    for rule, people in failing.items():
        assert people == {pk for pk, failures in verdicts.items() if rule in [failure.rule for failure in failures]}
    assert exclusions.keys(study, Plan(**plan)) == {pk for pk, failures in verdicts.items() if failures}
    return {
        pk: [(failure.rule, round(failure.measured, 3), failure.judged) for failure in failures]
        for pk, failures in verdicts.items()
        if failures
    }


def observed(person: Participant, **values: Any) -> None:
    for trial in person.trials.all():
        Observation.objects.update_or_create(trial=trial, defaults={"label_ms": 400, "picking_ms": 600} | values)


def test_no_rule_leaves_nobody_out_and_asks_nothing() -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0])
    with CaptureQueriesContext(connection) as captured:
        assert exclusions.excluded(study, Plan(), []) == []
        assert exclusions.keys(study, Plan()) == frozenset()
    assert not captured


def test_attention_checks() -> None:
    study = factories.open_study_with_pool(items=3)
    Item.objects.filter(study=study, position__gte=1).update(kind=Kind.ATTENTION, expected_label="6")
    wrong, right = factories.vote_all(study, [0], "5"), factories.vote_all(study, [0], "6")
    Ballot.objects.filter(trial__participant=right, trial__item__position=2).update(label="5")
    factories.participant(study)  # has answered none: no verdict
    assert left_out(study, attention=0.5) == {wrong.pk: [("attention", 0.0, 2)]}
    assert left_out(study, attention=0.8) == {
        wrong.pk: [("attention", 0.0, 2)], right.pk: [("attention", 0.5, 2)],
    }  # fmt: skip


def test_a_check_without_a_known_answer_judges_nobody() -> None:
    study = factories.open_study_with_pool(items=2)
    Item.objects.filter(study=study, position=1).update(kind=Kind.ATTENTION)
    factories.vote_all(study, [0])
    assert left_out(study, attention=1.0) == {}


def test_too_fast_on_more_than_half_of_the_images() -> None:
    study = factories.open_study_with_pool(items=2)
    fast, slow, _unknown = (factories.vote_all(study, [0]) for _ in range(3))
    observed(fast)
    observed(slow)
    Observation.objects.filter(trial=slow.trials.first()).update(picking_ms=5000)
    assert left_out(study, least_seconds=1.0) == {}
    assert left_out(study, least_seconds=1.01) == {fast.pk: [("least_seconds", 1.0, 2)]}


def test_first_picks_always_at_the_same_place() -> None:
    study = factories.open_study_with_pool(items=5)
    straight, usual = factories.vote_all(study, [0]), factories.vote_all(study, [0])
    short = factories.participant(study)
    for trial in short.trials.all()[:3]:
        factories.vote(trial, [0])
    Pick.objects.filter(ballot__trial__participant__in=[straight, short]).update(position=4)
    for place, pick in enumerate(Pick.objects.filter(ballot__trial__participant=usual)):
        Pick.objects.filter(pk=pick.pk).update(position=place)
    other = Pick.objects.filter(ballot__trial__participant=straight).first()
    assert other is not None
    Pick.objects.filter(pk=other.pk).update(position=7)
    assert left_out(study, same_place=0.8) == {}
    assert left_out(study, same_place=0.79) == {straight.pk: [("same_place", 0.8, 5)]}


def test_repeated_images_answered_otherwise() -> None:
    study = factories.open_study_with_pool(items=2, repeats=2)
    faithful, fickle = factories.vote_all(study, [0], "5"), factories.vote_all(study, [0], "5")
    again = Trial.objects.filter(participant=fickle, repeat=1).first()
    Ballot.objects.filter(trial=again).update(label="6")
    assert left_out(study, retest=0.5) == {}
    assert left_out(study, retest=0.6) == {fickle.pk: [("retest", 0.5, 2)]}
    assert faithful.pk not in left_out(study, retest=1.0)


def test_whoever_changed_the_zoom_or_the_screen() -> None:
    study = factories.open_study_with_pool(items=2)
    changed, same = factories.vote_all(study, [0]), factories.vote_all(study, [0])
    observed(changed)
    observed(same)
    Observation.objects.filter(trial=changed.trials.first()).update(ratio_changes=1)
    assert left_out(study, ratio_change=True) == {changed.pk: [("ratio_change", 0.5, 2)]}


def test_the_database_and_the_functions_agree_on_random_answers() -> None:
    """Numbers at the very limits of the rules included: 0.55 of 20 is 11, though not in floating point."""
    rng = np.random.default_rng(3)
    study = factories.open_study_with_pool(items=7, repeats=3)
    Item.objects.filter(study=study, position__gte=5).update(kind=Kind.ATTENTION, expected_label="5")
    for _ in range(12):
        person = factories.participant(study)
        for trial in person.trials.all()[: int(rng.integers(2, 11))]:
            factories.vote(trial, [int(rng.integers(12))], str(rng.choice(["5", "6"])))
            Pick.objects.filter(ballot__trial=trial).update(position=int(rng.integers(2)))
            if rng.random() < 0.8:
                Observation.objects.create(
                    trial=trial, label_ms=int(rng.integers(900)), picking_ms=int(rng.integers(900)),
                    ratio_changes=int(rng.random() < 0.05),
                )  # fmt: skip
    sizes = set()
    for share in (0.25, 0.5, 0.55, 0.6, 0.75, 1.0):
        found = left_out(study, attention=share, least_seconds=share, same_place=share, retest=share, ratio_change=True)
        sizes.add(len(found))
    assert len(sizes) > 1


def test_several_failures_of_one_person_stand_together_and_the_withdrawn_are_in_no_list() -> None:
    study = factories.open_study_with_pool(items=2)
    Item.objects.filter(study=study, position=1).update(kind=Kind.ATTENTION, expected_label="6")
    person, gone = factories.vote_all(study, [0], "5"), factories.vote_all(study, [0], "5")
    observed(person)
    Participant.objects.filter(pk=gone.pk).update(withdrawn_at=person.finished_at)
    assert left_out(study, attention=1.0, least_seconds=30) == {
        person.pk: [("attention", 0.0, 1), ("least_seconds", 1.0, 1)]
    }


def test_votes_can_be_asked_without_somebody() -> None:
    study = factories.open_study_with_pool()
    one, other = factories.vote_all(study, [0]), factories.vote_all(study, [1])
    assert set(Ballot.objects.votes({one.pk}).values_list("trial__participant", flat=True)) == {other.pk}
    assert Ballot.objects.votes().count() == 2
