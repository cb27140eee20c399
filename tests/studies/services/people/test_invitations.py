"""Personal links: one person each, signed, numbered, with an end, to be revoked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from studies.errors import StudyError, VotingError
from studies.models import Invitation, Source, Study
from studies.services import enrolment
from studies.services.people import invitations, recruiting
from studies.services.people.invitations import State
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool()


def come(study: Study, invitation: Invitation) -> tuple:
    return enrolment.enrol(study, door=recruiting.personal_door(invitation))


def test_links_are_numbered_on(study: Study) -> None:
    first = invitations.make(study, 3, note="class 7b")
    second = invitations.make(study, 2)
    assert [one.number for one in first + second] == [1, 2, 3, 4, 5]
    assert [one.number for one in invitations.make(factories.study(), 1)] == [1]
    assert first[0].note == "class 7b"


def test_a_thousand_at_once_and_no_more(study: Study) -> None:
    assert len(invitations.make(study, 1000)) == 1000
    keys = {invitations.key(one) for one in study.invitations.all()}
    assert len(keys) == 1000
    for count in (0, 1001):
        with pytest.raises(StudyError):
            invitations.make(study, count)


def test_a_key_can_be_typed_and_is_stored_nowhere(study: Study) -> None:
    (made,) = invitations.make(study, 1)
    key = invitations.key(made)
    assert re.fullmatch(r"[0-9]+\.[a-z2-7]{26}", key)  # 130 bits of base 32 hold 128
    assert key.split(".")[1] not in str(Invitation.objects.values().get())
    assert invitations.find(key.upper()) == made


def test_a_key_that_we_did_not_sign_finds_nothing(study: Study) -> None:
    one, other = invitations.make(study, 2)
    signature = invitations.key(one).split(".")[1]
    for forged in (f"{other.pk}.{signature}", str(one.pk), f"{one.pk}.", "x", f"{one.pk}.{'a' * 26}", ""):
        assert invitations.find(forged) is None


def test_a_link_is_one_person(study: Study) -> None:
    """1.15 (6): a token resumes, and is never a second person."""
    one, other = invitations.make(study, 2)
    person, token = come(study, one)
    assert come(study, one) == (person, token)
    assert come(study, other)[0] != person
    one.refresh_from_db()
    assert (one.participant, person.source, invitations.state(one)) == (person, Source.PERSONAL, State.USED)
    assert study.participants.count() == 2


def test_personal_links_work_where_the_open_link_does_not(study: Study) -> None:
    values = {"quota": None, "release_minutes": 60, "codes": {}, "addresses": {}}
    recruiting.update(study, open_link=False, platforms=False, **values)
    come(study, invitations.make(study, 1)[0])
    assert study.participants.count() == 1


def test_after_its_end_a_link_opens_nothing_to_somebody_new(study: Study) -> None:
    begun, late = invitations.make(study, 2, expires_at=timezone.now() + timedelta(days=1))
    person, _ = come(study, begun)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    begun.refresh_from_db()
    late.refresh_from_db()
    with pytest.raises(VotingError, match="expired"):
        come(study, late)
    invitations.refuse_unusable(begun)
    assert come(study, begun)[0] == person
    assert (invitations.state(begun), invitations.state(late)) == (State.USED, State.EXPIRED)
    with pytest.raises(StudyError):
        invitations.make(study, 1, expires_at=timezone.now())


def test_a_revoked_link_opens_nothing(study: Study) -> None:
    (made,) = invitations.make(study, 1)
    invitations.revoke(made)
    invitations.revoke(made)
    made.refresh_from_db()
    with pytest.raises(VotingError, match="not valid any more"):
        come(study, made)
    assert invitations.state(made) == State.REVOKED
    assert not invitations.unused(study).exists()
    assert not study.participants.exists()


def test_only_links_for_somebody_new_are_unused(study: Study) -> None:
    used, revoked, fresh = invitations.make(study, 3)
    come(study, used)
    invitations.revoke(revoked)
    invitations.make(study, 1, expires_at=timezone.now() + timedelta(days=1))
    Invitation.objects.filter(number=4).update(expires_at=timezone.now())
    assert list(invitations.unused(study)) == [fresh]
