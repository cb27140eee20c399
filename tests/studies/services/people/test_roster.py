"""Who takes part, by pseudonym."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from studies.models import Participant, Source, Study
from studies.services import enrolment, rating
from studies.services.people import roster
from studies.services.people.recruiting import Door
from tests.studies import factories, rated

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def put(person: Participant, **fields: Any) -> None:
    Participant.objects.filter(pk=person.pk).update(**fields)


@pytest.fixture
def study() -> Study:
    """One participant in each state, and a simulated one who has finished."""
    study = factories.open_study_with_pool(items=2)
    now = timezone.now()
    factories.participant(study)
    factories.vote_all(study, [0])
    put(factories.participant(study), last_seen_at=now - timedelta(minutes=121))
    put(factories.participant(study), failed_at=now)
    put(factories.vote_all(study, [0]), withdrawn_at=now)
    factories.vote_all(study, [0], simulated=True)
    return study


def test_everybody_is_in_one_state(study: Study) -> None:
    assert roster.counts(study) == {
        "in progress": 1, "finished": 1, "abandoned": 1, "failed check": 1, "withdrawn": 1,
    }  # fmt: skip
    assert [person.state for person in roster.participants(study)] == [
        "finished", "withdrawn", "failed check", "abandoned", "finished", "in progress",
    ]  # fmt: skip


def test_how_far_they_are(study: Study) -> None:
    assert {(person.given, person.asked) for person in roster.participants(study, state="finished")} == {(2, 2)}
    assert {(person.given, person.asked) for person in roster.participants(study, state="abandoned")} == {(0, 2)}


def test_people_are_found_by_pseudonym_and_by_their_id_only_where_it_may_be_known(study: Study) -> None:
    person, _ = enrolment.enrol(study, door=Door(Source.PROLIFIC, "zz-5f1a"))
    assert list(roster.participants(study, search=person.code[:10].upper())) == [person]
    assert list(roster.participants(study, search="zz-5", with_ids=True)) == [person]
    assert not roster.participants(study, search="zz-5")


def test_more_people_are_no_more_queries(study: Study, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        study = Study.objects.select_related("recruiting").get(pk=study.pk)
    with django_assert_num_queries(1):
        for person in roster.participants(study):
            assert getattr(person, "identity", None) is None
            assert getattr(person, "invitation", None) is None


def test_ratings_are_answers_too() -> None:
    """Whoever came in for the rating phase alone has no trials."""
    study = rated.voted(items=1)
    rated.opened(study, who="others")
    rated.give(rating.current(rating.begin(rated.newcomer(study))), "3")
    newcomer, *voters = roster.participants(study)
    assert (newcomer.given, newcomer.asked) == (1, 5)
    assert [(voter.given, voter.asked) for voter in voters] == [(1, 1)] * 2
