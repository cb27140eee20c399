"""Twenty at once: one person is never two, and no more come in than there are places."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from studies.errors import FullError
from studies.models import Participant, RecruiterIdentity, Recruiting, Source, Study
from studies.services import enrolment
from studies.services.people import invitations, places, recruiting
from studies.services.people.recruiting import Door
from tests.studies import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

COUNT = 12


def at_once(action: Callable[[int], object]) -> list[object]:
    """What each of them got, all begun at the same moment; a refusal is what it says."""
    ready = threading.Barrier(COUNT)

    def one(number: int) -> object:
        ready.wait(30)
        try:
            return action(number)
        except FullError as error:
            return error.message
        finally:
            connections.close_all()

    with ThreadPoolExecutor(COUNT) as pool:
        return list(pool.map(one, range(COUNT)))


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(pool_size=4)


def come(study: Study, door: Door | None = None) -> str:
    return enrolment.enrol(Study.objects.get(pk=study.pk), door=door)[1]


def test_one_recruiters_id_is_one_person(study: Study) -> None:
    """1.15 (1) and (7): parallel POSTs of the same PID."""
    secrets = at_once(lambda _: come(study, Door(Source.PROLIFIC, "5f1a")))
    assert len(set(secrets)) == 1
    assert Participant.objects.count() == RecruiterIdentity.objects.count() == 1


def test_one_personal_link_is_one_person(study: Study) -> None:
    (made,) = invitations.make(study, 1)
    assert len(set(at_once(lambda _: come(study, recruiting.personal_door(made))))) == 1
    assert Participant.objects.count() == 1


def test_a_link_and_an_id_are_attached_to_one_browser_once(study: Study) -> None:
    """Two tabs of somebody who came by the open link, each opened from the recruiter's page."""
    person = factories.participant(study)
    door = Door(Source.PROLIFIC, "5f1a")
    found = at_once(lambda _: enrolment.recognise(study, door, Participant.objects.get(pk=person.pk)))
    assert found == [person] * COUNT
    assert RecruiterIdentity.objects.count() == 1


def test_no_more_come_in_than_there_are_places(study: Study) -> None:
    Recruiting.objects.create(study=study, quota=5)
    at_once(lambda number: come(study, Door(Source.PROLIFIC, f"p{number}")))
    assert Participant.objects.count() == places.taken(study).count() == 5
    assert sorted(Participant.objects.values_list("turn", flat=True)) == list(range(5))
    assert RecruiterIdentity.objects.count() == 5


def test_the_last_place_is_one_persons_who_comes_back_or_who_is_new(study: Study) -> None:
    Recruiting.objects.create(study=study, quota=1)
    people = []
    for _ in range(COUNT - 1):
        people.append(factories.participant(study))
        Participant.objects.update(last_seen_at=timezone.now() - timedelta(hours=3))

    def come_or_return(number: int) -> str:
        if number == COUNT - 1:
            return come(study)
        places.hold(Participant.objects.get(pk=people[number].pk))
        return "back"

    told = at_once(come_or_return)
    assert sum("taken" not in str(answer) for answer in told) == 1
    assert places.taken(study).count() == 1
