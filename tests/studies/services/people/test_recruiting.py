"""The doors: who comes in by which, once; codes and addresses by how people leave."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from studies.errors import StudyError, VotingError
from studies.models import Participant, RecruiterIdentity, Recruiting, Source, Study
from studies.services import enrolment
from studies.services.people import recruiting
from studies.services.people.recruiting import Door
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]

PROLIFIC = {"PROLIFIC_PID": "5f1a", "STUDY_ID": "s1", "SESSION_ID": "x9"}
MTURK = {"workerId": "A1B2", "hitId": "3H", "assignmentId": "3A"}


def values(**changes: Any) -> dict[str, Any]:
    plain = {"open_link": True, "platforms": True, "quota": None, "release_minutes": 60, "codes": {}, "addresses": {}}
    return plain | changes


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool()


@pytest.mark.parametrize(("query", "source"), [(PROLIFIC, Source.PROLIFIC), (MTURK, Source.MTURK)])
def test_recruiters_ids_are_stored_apart_and_before_anything_else(study: Study, query: Any, source: Source) -> None:
    """1.15 (7): PROLIFIC_PID, STUDY_ID, SESSION_ID, or workerId, hitId, assignmentId."""
    door = recruiting.platform_door(study, query)
    person, _ = enrolment.enrol(study, door=door)
    identity = RecruiterIdentity.objects.get()
    first, *others = query
    assert (identity.participant, identity.source, identity.external_id) == (person, source, query[first])
    assert identity.references == {name: query[name] for name in others}
    assert person.source == source
    assert query[first] not in str(Participant.objects.values().get())


def test_the_same_id_is_the_same_person_and_another_id_is_another(study: Study) -> None:
    """1.15 (7): the same PID resumes and never makes a second person; so on another device, with the same secret."""
    door = Door(Source.PROLIFIC, "5f1a")
    first, second = enrolment.enrol(study, door=door), enrolment.enrol(study, door=door)
    assert first == second
    assert enrolment.enrol(study, door=Door(Source.PROLIFIC, "77"))[0] != first[0]
    assert enrolment.enrol(study, door=Door(Source.MTURK, "5f1a"))[0] != first[0]
    other = factories.open_study_with_pool()
    assert enrolment.enrol(other, door=door)[0].study == other
    assert study.participants.count() == 3


def test_the_database_itself_knows_a_person_once_per_study(study: Study) -> None:
    door = Door(Source.PROLIFIC, "5f1a")
    enrolment.enrol(study, door=door)
    with pytest.raises(IntegrityError), transaction.atomic():
        recruiting.attach(factories.participant(study), door)


def test_who_has_withdrawn_does_not_come_in_again(study: Study) -> None:
    door = Door(Source.PROLIFIC, "5f1a")
    person, _ = enrolment.enrol(study, door=door)
    enrolment.withdraw(person)
    again, _ = enrolment.enrol(study, door=door)
    assert again == person
    assert again.withdrawn_at is not None


@pytest.mark.parametrize("pid", ["", "{{%PROLIFIC_PID%}}", "a b", "x" * 101, "<script>"])
def test_what_is_no_id_is_nobodys(study: Study, pid: str) -> None:
    assert recruiting.platform_door(study, PROLIFIC | {"PROLIFIC_PID": pid}) is None


def test_a_door_travels_signed(study: Study) -> None:
    door = recruiting.platform_door(study, PROLIFIC)
    assert door is not None
    signed = door.signed(study)
    assert Door.read(study, signed) == door
    assert Door.read(factories.study(), signed) is None
    assert Door.read(study, signed[:-1] + ("A" if signed[-1] != "A" else "B")) is None
    assert Door.read(study, "") is None


def test_without_a_row_the_link_is_open_and_there_are_no_codes(study: Study) -> None:
    assert not Recruiting.objects.exists()
    person = factories.participant(study)
    assert recruiting.ending(study, person, "complete") == {"code": "", "address": ""}


@pytest.mark.parametrize(
    ("open_link", "platforms", "nobody", "sent"),
    [(True, True, True, True), (False, True, False, True), (False, False, False, False)],
)
def test_doors_can_be_shut(study: Study, open_link: bool, platforms: bool, nobody: bool, sent: bool) -> None:
    recruiting.update(study, **values(open_link=open_link, platforms=platforms))
    for door, may in ((None, nobody), (Door(Source.PROLIFIC, "5f1a"), sent)):
        if may:
            enrolment.enrol(study, door=door)
        else:
            with pytest.raises(VotingError, match="by invitation"):
                enrolment.enrol(study, door=door)


def test_a_study_that_does_not_listen_to_recruiters_stores_no_ids(study: Study) -> None:
    recruiting.update(study, **values(platforms=False))
    assert recruiting.platform_door(study, PROLIFIC) is None


def test_each_way_to_leave_has_its_own_code_and_address(study: Study) -> None:
    """1.15 (7): separate codes complete, failed check, no consent; and full."""
    codes = {outcome: f"CODE-{outcome}" for outcome in recruiting.OUTCOMES}
    addresses = {outcome: f"https://panel.example/{outcome}" for outcome in recruiting.OUTCOMES}
    recruiting.update(study, **values(codes=codes, addresses=addresses))
    study = Study.objects.get()
    person = factories.participant(study)
    assert list(recruiting.OUTCOMES) == ["complete", "failed_check", "no_consent", "full", "rated"]
    for outcome in recruiting.OUTCOMES:
        assert recruiting.ending(study, person, outcome) == {"code": codes[outcome], "address": addresses[outcome]}
    enrolment.withdraw(person)
    assert recruiting.ending(study, person, "complete") == {"code": "", "address": ""}


@pytest.mark.parametrize(
    ("codes", "addresses", "found"),
    [
        ({}, {}, {"code": "V0TED", "address": "https://panel.example/voted"}),
        ({"rated": "RATED"}, {}, {"code": "RATED", "address": ""}),
        ({}, {"rated": "https://panel.example/rated"}, {"code": "", "address": "https://panel.example/rated"}),
    ],
)
def test_who_has_rated_leaves_by_their_own_code_or_by_that_of_the_study(
    study: Study, codes: dict[str, str], addresses: dict[str, str], found: dict[str, str]
) -> None:
    """An address may hold the code of another task: the two are never mixed."""
    voted = values(
        codes={"complete": "V0TED"} | codes, addresses={"complete": "https://panel.example/voted"} | addresses
    )
    recruiting.update(study, **voted)
    person = factories.participant(study)
    assert recruiting.ending(Study.objects.get(), person, "rated") == found
    assert recruiting.ending(Study.objects.get(), person, "complete")["code"] == "V0TED"


@pytest.mark.parametrize(
    "address",
    [
        "http://panel.example/",
        "javascript:alert(1)",
        "//panel.example/",
        "panel.example",
        "https://user:password@panel.example/",
        "data:text/html,hello",
        "https://",
    ],
)
def test_addresses_are_whole_and_safe(study: Study, address: str) -> None:
    with pytest.raises(StudyError):
        recruiting.update(study, **values(addresses={"complete": address}))
    # And what got into the database in another way is not given to anybody.
    if not address.startswith("https://"):
        Recruiting.objects.create(study=study, addresses={"complete": address})
        assert recruiting.ending(Study.objects.get(), None, "complete")["address"] == ""


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quota": 0}, "quota"),
        ({"release_minutes": 4}, "release_minutes"),
        ({"codes": {"full": "a b"}}, "codes.full"),
        ({"codes": {"full": "<b>"}}, "codes.full"),
        ({"addresses": {"full": "ftp://x.example"}}, "addresses.full"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(study: Study, wrong: dict[str, Any], field: str) -> None:
    assert list(recruiting.problems(values(**wrong))) == [field]
    with pytest.raises(StudyError):
        recruiting.update(study, **values(**wrong))
    assert not Recruiting.objects.exists()


def test_the_secret_of_a_participant_can_be_made_again_but_not_by_others(study: Study, settings: Any) -> None:
    """Another device gets the same secret; it follows from our key, not from what is stored or published."""
    person, token = enrolment.enrol(study)
    assert enrolment.secret(Participant.objects.get()) == token
    settings.SECRET_KEY = "another key"
    replaced = enrolment.secret(person)
    assert replaced != token
    assert enrolment.find(study.slug, replaced) == person
    assert enrolment.find(study.slug, token) is None
