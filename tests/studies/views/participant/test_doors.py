"""Coming in by a personal link or from a recruiter: once, on any device, and out again with the right code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studies.models import Invitation, Participant, RecruiterIdentity, Recruiting, Source, Study, StudyState
from studies.services import enrolment
from studies.services.people import invitations, privacy
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db

PROLIFIC = {"PROLIFIC_PID": "5f1a2b", "STUDY_ID": "s1", "SESSION_ID": "x9"}
CODES = {outcome: f"CODE-{outcome.upper()}" for outcome in ("complete", "failed_check", "no_consent", "full")}
ADDRESSES = {outcome: f"https://panel.example/{outcome}?cc=1" for outcome in CODES}


@pytest.fixture
def study() -> Study:
    made = factories.open_study_with_pool(items=2)
    Recruiting.objects.create(study=made, codes=CODES, addresses=ADDRESSES)
    return made


class Visitor(Person):
    """A browser that follows links and sends the form it is shown."""

    def open(self, address: str, **query: str) -> Any:
        return self.client.get(address, query, follow=True)

    def agree(self, page: Any) -> Any:
        """Send the consent form of this page as it stands there."""
        context = page.context
        sent = {"consent": context["consent"].sha256, "door": context["door"]}
        return self.client.post(self.url("welcome"), sent)

    def arrive(self, address: str, **query: str) -> Visitor:
        assert self.agree(self.open(address, **query)).status_code == 303
        return self


def text(answer: Any) -> str:
    return answer.content.decode()


def link_of(study: Study, **fields: Any) -> str:
    (made,) = invitations.make(study, 1, **fields)
    return f"/i/{invitations.key(made)}/"


def test_prolific_round_trip(study: Study) -> None:
    """1.15 (7): ids are kept over the consent, stored before anything else, and lead back with the code."""
    person = Visitor(study)
    page = person.open(person.url("welcome"), **PROLIFIC)
    assert page.redirect_chain == [(person.url("welcome"), 302)]
    assert "Prolific has told us your id there" in text(page)
    assert not RecruiterIdentity.objects.exists()
    answer = person.agree(page)
    assert (answer.status_code, answer["Location"]) == (303, person.url("trial"))
    identity = RecruiterIdentity.objects.get()
    assert (identity.external_id, identity.references) == ("5f1a2b", {"STUDY_ID": "s1", "SESSION_ID": "x9"})
    for number in (1, 2):
        person.post("label", number, label="cannot tell")
        last = person.ballot(number, positions=[], label="cannot tell")
    assert "CODE-COMPLETE" in text(last)
    assert 'href="https://panel.example/complete?cc=1"' in text(last)
    assert "CODE-COMPLETE" in text(person.get("thanks"))


def test_mturk_ids_are_stored(study: Study) -> None:
    person = Visitor(study).arrive(f"/s/{study.slug}/", workerId="A1", hitId="3H", assignmentId="3A")
    identity = RecruiterIdentity.objects.get()
    assert (identity.source, identity.external_id) == (Source.MTURK, "A1")
    assert identity.references == {"hitId": "3H", "assignmentId": "3A"}
    assert person.row == identity.participant


def test_a_preview_of_mturk_can_be_read_and_enrols_nobody(study: Study) -> None:
    person = Visitor(study)
    page = person.open(person.url("welcome"), assignmentId="ASSIGNMENT_ID_NOT_AVAILABLE", hitId="3H")
    assert "This is a preview" in text(page)
    assert "I agree" not in text(page).replace("I agree to take part.", "")
    assert not Participant.objects.exists()


def test_the_same_id_goes_on_on_another_device(study: Study) -> None:
    """1.15 (7): the same PID resumes and never makes a second person."""
    first = Visitor(study).arrive(f"/s/{study.slug}/", **PROLIFIC)
    first.post("label", 1, label="5")
    first.ballot(positions=[0])
    second = Visitor(study)
    page = second.open(second.url("welcome"), **PROLIFIC | {"SESSION_ID": "another"})
    assert "You have answered 1 of 2." in text(page)
    assert "Image 2 of 2" in text(second.get("trial"))
    assert "Image 2 of 2" in text(first.get("trial"))
    assert Participant.objects.count() == 1
    assert RecruiterIdentity.objects.get().references["SESSION_ID"] == "x9"


def test_agreeing_in_two_places_at_the_same_time_is_one_person(study: Study) -> None:
    """Both consent pages were open before either was agreed to."""
    one, two = Visitor(study), Visitor(study)
    pages = [person.open(person.url("welcome"), **PROLIFIC) for person in (one, two)]
    for person, page in zip((one, two), pages, strict=True):
        assert person.agree(page)["Location"] == person.url("trial")
        assert "Image 1 of 2" in text(person.get("trial"))
    assert Participant.objects.count() == 1


def test_two_ids_in_one_browser_are_two_people(study: Study) -> None:
    """A shared computer: the id says who it is, not the cookie of somebody else."""
    browser = Visitor(study).arrive(f"/s/{study.slug}/", **PROLIFIC)
    browser.arrive(f"/s/{study.slug}/", **PROLIFIC | {"PROLIFIC_PID": "other"})
    assert Participant.objects.count() == 2
    browser.post("label", 1, label="5")
    assert Participant.objects.get(identity__external_id="other").trials.get(number=1).label == "5"
    browser.open(browser.url("welcome"), **PROLIFIC)
    assert 'name="label"' in text(browser.get("trial"))
    assert Participant.objects.count() == 2


def test_each_tab_sends_the_id_it_was_opened_with(study: Study) -> None:
    browser = Visitor(study)
    first = browser.open(browser.url("welcome"), **PROLIFIC)
    browser.open(browser.url("welcome"), **PROLIFIC | {"PROLIFIC_PID": "other"})
    browser.agree(first)
    assert RecruiterIdentity.objects.get().external_id == "5f1a2b"


def test_who_came_by_the_open_link_and_then_by_an_id_stays_one_person(study: Study) -> None:
    browser = Visitor(study)
    browser.enter()
    browser.open(browser.url("welcome"), **PROLIFIC)
    assert RecruiterIdentity.objects.get().participant == Participant.objects.get()


def test_ids_cannot_be_made_up_in_the_form(study: Study) -> None:
    person = Visitor(study)
    for door in ("forged", "W10:1abc:xyz"):
        answer = person.client.post(person.url("welcome"), {"door": door})
        assert answer.status_code == 400
        assert "open your link again" in text(answer)
    assert not Participant.objects.exists()


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_preview_robot_enrols_nobody_and_uses_no_link_up(study: Study, method: str) -> None:
    link = link_of(study)
    for path, query in ((link, {}), (f"/s/{study.slug}/", PROLIFIC), (f"/s/{study.slug}/no-thanks/", {})):
        client = Client()
        answer = getattr(client, method)(path, query, follow=True)
        assert answer.status_code == 200
        assert not any(name.startswith("participant") for name in client.cookies)
    assert not Participant.objects.exists()
    assert not RecruiterIdentity.objects.exists()
    assert Invitation.objects.get().participant is None


def test_a_personal_link_leaves_the_address_at_once_and_goes_on_on_any_device(study: Study) -> None:
    """1.15 (6): the token resumes at the first open trial on any device."""
    link = link_of(study)
    desk = Visitor(study)
    page = desk.open(link)
    assert page.redirect_chain == [(desk.url("welcome"), 302)]
    assert "Your link is yours alone" in text(page)
    desk.agree(page)
    desk.post("label", 1, label="5")
    desk.post("draft", 1, positions=[3])
    phone = Visitor(study)
    assert "Continue where you left off" in text(phone.open(link))
    assert "&quot;picks&quot;: [3]" in text(phone.get("trial"))
    phone.ballot(positions=[3])
    assert "Image 2 of 2" in text(desk.get("trial"))
    assert Participant.objects.get().source == Source.PERSONAL


def test_personal_links_of_two_people_in_one_browser(study: Study) -> None:
    browser = Visitor(study).arrive(link_of(study))
    browser.arrive(link_of(study))
    assert Participant.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"revoked_at": timezone.now()}, "not valid any more"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "has expired"),
    ],
)
def test_links_that_open_nothing_say_so(study: Study, change: dict[str, Any], sentence: str) -> None:
    link = link_of(study)
    early = Visitor(study)
    page = early.open(link)
    Invitation.objects.update(**change)
    answer = Client().get(link)
    assert answer.status_code == 403
    assert sentence in text(answer)
    late = early.agree(page)
    assert late.status_code == 403
    assert sentence in text(late)
    assert not Participant.objects.exists()


def test_a_revoked_link_lets_nobody_in_as_its_person(study: Study) -> None:
    link = link_of(study)
    person = Visitor(study).arrive(link)
    Invitation.objects.update(revoked_at=timezone.now())
    stranger = Visitor(study)
    assert "not valid any more" in text(stranger.open(link))
    assert stranger.get("trial").status_code == 302
    assert "Image 1 of 2" in text(person.get("trial"))


def test_unknown_keys_are_not_found(study: Study) -> None:
    key = link_of(study).split("/")[2]
    for wrong in (key[:-1], key + "a", "1", f"{int(key.split('.')[0]) + 1}.{key.split('.')[1]}"):
        assert Client().get(f"/i/{wrong}/").status_code == 404


def test_an_erased_identity_leads_to_nobody(study: Study) -> None:
    link = link_of(study)
    person = Visitor(study).arrive(link)
    privacy.erase_identity(person.row)
    assert "not valid any more" in text(Visitor(study).open(link))
    assert "Image 1 of 2" in text(person.get("trial"))


def test_a_shut_link_asks_for_an_invitation(study: Study) -> None:
    Recruiting.objects.update(open_link=False, platforms=False)
    for query in ({}, PROLIFIC):
        answer = Client().get(f"/s/{study.slug}/", query)
        assert answer.status_code == 403
        assert "by invitation" in text(answer)
    assert Client().post(f"/s/{study.slug}/").status_code == 403
    assert not Participant.objects.exists()
    Visitor(study).arrive(link_of(study))
    assert Participant.objects.count() == 1


def test_declining_is_a_page_with_its_code_and_stores_nothing(study: Study) -> None:
    """1.15 (7): a code of its own for no consent."""
    person = Visitor(study)
    page = person.open(person.url("welcome"), **PROLIFIC)
    assert f'href="{person.url("declined")}"' in text(page)
    declined = person.get("declined")
    assert "CODE-NO_CONSENT" in text(declined)
    assert 'href="https://panel.example/no_consent?cc=1"' in text(declined)
    assert not Participant.objects.exists()
    assert not RecruiterIdentity.objects.exists()
    # A change of mind still knows the door.
    person.agree(person.get("welcome"))
    assert RecruiterIdentity.objects.get().external_id == "5f1a2b"
    assert person.get("declined")["Location"] == person.url("welcome")


def test_late_comers_get_a_code_and_no_dead_end(study: Study) -> None:
    """1.15 (6): late-comers get a paid "full" code."""
    Recruiting.objects.update(quota=1)
    early, late = Visitor(study), Visitor(study)
    page = late.open(late.url("welcome"), **PROLIFIC)
    early.enter()
    answer = late.agree(page)
    assert answer.status_code == 403
    for shown in (text(answer), text(late.get("welcome"))):
        assert "All places are taken" in shown
        assert "CODE-FULL" in shown
        assert 'href="https://panel.example/full?cc=1"' in shown
    assert Participant.objects.count() == 1
    assert not RecruiterIdentity.objects.exists()


def test_a_place_that_was_given_away_is_explained_and_the_answers_are_kept(study: Study) -> None:
    Recruiting.objects.update(quota=1)
    slow = Visitor(study).arrive(f"/s/{study.slug}/", **PROLIFIC)
    slow.post("label", 1, label="5")
    Participant.objects.update(last_seen_at=timezone.now() - timedelta(hours=3))
    quick = Visitor(study)
    quick.enter()
    answer = slow.ballot(positions=[0])
    assert answer.status_code == 403
    assert "others have taken all places" in text(answer)
    assert slow.get("trial")["Location"] == slow.url("welcome")
    page = text(slow.get("welcome"))
    assert "your place went to somebody else" in page
    assert "CODE-FULL" in page
    assert "Withdraw from this study" in page
    quick.post("withdraw", htmx=False)
    assert "Continue where you left off" in text(slow.get("welcome"))
    assert slow.ballot(positions=[0]).status_code == 200


def test_a_closed_study_is_no_dead_end_either(study: Study) -> None:
    Study.objects.update(state=StudyState.CLOSED)
    for query in ({}, PROLIFIC):
        page = text(Visitor(study).open(f"/s/{study.slug}/", **query))
        assert "This study is closed." in page
        assert "CODE-FULL" in page
    Study.objects.update(state=StudyState.DRAFT)
    assert "CODE-FULL" not in text(Visitor(study).open(f"/s/{study.slug}/"))


def test_who_has_withdrawn_gets_no_code(study: Study) -> None:
    person = Visitor(study).arrive(f"/s/{study.slug}/", **PROLIFIC)
    person.post("withdraw", htmx=False)
    pages = [text(person.get("welcome")), text(Visitor(study).open(person.url("welcome"), **PROLIFIC))]
    for page in pages:
        assert "You have withdrawn" in page
        assert "CODE-" not in page
    assert Participant.objects.count() == 1


def test_a_visit_is_noted_by_any_page_and_seldom(study: Study) -> None:
    person = Visitor(study)
    person.enter()
    long_ago = timezone.now() - timedelta(minutes=30)
    for name, numbers in (("trial", ()), ("welcome", ()), ("trial-low-res", (1,))):
        Participant.objects.update(last_seen_at=long_ago)
        person.get(name, *numbers)
        assert person.row.last_seen_at > long_ago, name
    with CaptureQueriesContext(connection) as captured:
        person.get("trial-low-res", 1)
    assert not [query for query in captured if query["sql"].startswith("UPDATE")]


def test_strangers_of_another_study_are_strangers_here(study: Study) -> None:
    other = factories.open_study_with_pool()
    person = Visitor(other).arrive(f"/s/{other.slug}/", **PROLIFIC)
    person.study = study
    assert "I agree, start" in text(person.get("welcome"))
    assert person.get("my-data").status_code == 404


@pytest.mark.parametrize("embedded", [True, False])
def test_the_cookie_of_the_door_stays_with_the_study_and_ends_with_the_browser(
    study: Study, settings: Any, embedded: bool
) -> None:
    settings.EMBEDDED = embedded
    cookie = Client().get(f"/s/{study.slug}/", PROLIFIC).cookies[f"door_{study.slug}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/s/{study.slug}/", True, "Lax")
    assert bool(cookie["secure"]) is not embedded
    assert not cookie["max-age"]


def test_the_door_is_forgotten_after_consent(study: Study) -> None:
    person = Visitor(study).arrive(f"/s/{study.slug}/", **PROLIFIC)
    assert person.client.cookies[f"door_{study.slug}"].value == ""
    assert (
        enrolment.find(study.slug, person.client.cookies[f"participant_{study.slug}"].value.split(":")[0]) == person.row
    )
