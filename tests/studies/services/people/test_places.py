"""Quotas: places are held, released, taken again; everything once, and with little writing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studies.errors import FullError
from studies.models import Participant, Recruiting, Study
from studies.services import enrolment, voting
from studies.services.people import places
from studies.services.simulated import simulation
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def limited(quota: int | None = 1, **fields: Any) -> Study:
    study = factories.open_study_with_pool(**fields)
    Recruiting.objects.create(study=study, quota=quota, release_minutes=60)
    return study


def away(person: Participant, minutes: float) -> Participant:
    """As if not seen for so long; the row as a request would read it."""
    Participant.objects.filter(pk=person.pk).update(last_seen_at=timezone.now() - timedelta(minutes=minutes))
    return Participant.objects.get(pk=person.pk)


def test_when_all_places_are_taken_nobody_comes_in() -> None:
    study = limited(2)
    for _ in range(2):
        factories.participant(study)
    with pytest.raises(FullError):
        enrolment.enrol(study)
    assert study.participants.count() == 2


def test_an_abandoned_place_returns() -> None:
    """1.15 (6): abandoned places return to the quota after a set time."""
    study = limited()
    first = factories.participant(study)
    away(first, 59)
    with pytest.raises(FullError):
        enrolment.enrol(study)
    away(first, 61)
    factories.participant(study)
    assert study.participants.count() == 2


def test_who_has_finished_keeps_the_place() -> None:
    study = limited()
    away(factories.vote_all(study, [0]), 10_000)
    with pytest.raises(FullError):
        enrolment.enrol(study)


@pytest.mark.parametrize("field", ["withdrawn_at", "failed_at"])
def test_who_left_or_was_not_let_in_holds_no_place(field: str) -> None:
    study = limited()
    Participant.objects.filter(pk=factories.participant(study).pk).update(**{field: timezone.now()})
    factories.participant(study)


def test_simulated_participants_hold_no_place_and_need_none() -> None:
    study = limited(labels=["cat", "dog"])
    simulation.simulate(study, count=3, seed=1)
    assert not places.taken(study).exists()
    factories.participant(study)
    simulation.simulate(study, count=4, seed=1)
    assert study.participants.filter(simulated=True).count() == 4


def test_who_comes_back_goes_on_if_there_is_room() -> None:
    study = limited()
    person = away(factories.participant(study), 61)
    places.hold(person)
    with pytest.raises(FullError):
        enrolment.enrol(study)


def test_who_comes_back_too_late_is_told_and_gets_in_when_a_place_is_free() -> None:
    study = limited()
    person = away(factories.participant(study), 61)
    other = factories.participant(study)
    with pytest.raises(FullError, match="away for long"):
        places.hold(person)
    with pytest.raises(FullError):
        voting.give_label(person.trials.get(), "5")
    enrolment.withdraw(other)
    places.hold(person)
    voting.give_label(person.trials.get(), "5")


def test_a_visit_is_noted_once_a_minute_at_most() -> None:
    study = limited()
    person = away(factories.participant(study), 2)
    before = timezone.now()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(5):
            places.seen(person)
    assert sum(query["sql"].startswith("UPDATE") for query in captured) == 1
    assert Participant.objects.get().last_seen_at >= before
    with CaptureQueriesContext(connection) as captured:
        places.seen(Participant.objects.get())
    assert not [query for query in captured if query["sql"].startswith("UPDATE")]


def test_two_requests_at_once_note_one_visit() -> None:
    study = limited()
    person = away(factories.participant(study), 2)
    same = Participant.objects.get()
    places.seen(person)
    noted = Participant.objects.get().last_seen_at
    places.seen(same)
    assert Participant.objects.get().last_seen_at == noted


def test_looking_alone_takes_no_released_place_back() -> None:
    study = limited()
    person = away(factories.participant(study), 61)
    places.seen(person)
    assert not places.taken(study).exists()


def test_without_a_quota_nobody_is_refused() -> None:
    study = limited(quota=None)
    person = away(factories.participant(study), 61)
    factories.participant(study)
    places.hold(person)
    assert places.taken(study).count() == 2


def test_more_places_let_more_in() -> None:
    study = limited()
    factories.participant(study)
    Recruiting.objects.update(quota=2)
    factories.participant(study)
