"""The participants' link: consent, coming back, leaving."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studies.models import Participant, Study, StudyState
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    study = factories.open_study_with_pool(name="Old <digits>", consent_text="One.\n\nTwo <b>bold</b>.", items=2)
    answer = Person(study).get("welcome")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Old &lt;digits&gt;" in page
    assert "<p>One.</p>" in page
    assert "Two &lt;b&gt;bold&lt;/b&gt;." in page
    assert "at most 3" in page
    assert "I agree, start" in page


def test_the_page_of_strangers_counts_no_samples() -> None:
    study = factories.mixed_study()
    with CaptureQueriesContext(connection) as captured:
        page = Person(study).get("welcome").content.decode()
    assert "18" in page
    assert not [query["sql"] for query in captured if "inference_sample" in query["sql"]]


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_preview_enrols_nobody(method: str) -> None:
    study = factories.open_study_with_pool()
    answer = getattr(Client(), method)(f"/s/{study.slug}/")
    assert answer.status_code == 200
    assert not Participant.objects.exists()
    assert not any(name.startswith("participant") for name in answer.cookies)


def test_consent_enrols_and_goes_to_the_first_trial() -> None:
    study = factories.open_study_with_pool(items=2)
    person = Person(study)
    answer = person.post("welcome", htmx=False)
    assert (answer.status_code, answer["Location"]) == (303, f"/s/{study.slug}/trial/")
    assert person.row.trials.count() == 2
    assert person.row.consent_sha256 == hashlib.sha256(study.consent_text.encode()).hexdigest()
    (cookie,) = (morsel for name, morsel in answer.cookies.items() if name.startswith("participant"))
    assert cookie["httponly"]
    assert cookie["path"] == f"/s/{study.slug}/"


def test_agreeing_twice_is_one_participant(arrive: Callable[[Study], Person]) -> None:
    person = arrive(factories.open_study_with_pool())
    person.enter()
    assert Participant.objects.count() == 1


def test_coming_back_by_the_same_link_goes_on(arrive: Callable[[Study], Person]) -> None:
    person = arrive(factories.open_study_with_pool(items=2))
    person.post("label", 1, label="5")
    person.ballot(positions=[0])
    page = person.get("welcome").content.decode()
    assert "Continue where you left off" in page
    assert "You have answered 1 of 2" in page
    assert "I agree" not in page


def test_a_forged_cookie_is_a_stranger(arrive: Callable[[Study], Person]) -> None:
    person = arrive(factories.open_study_with_pool())
    (name,) = (name for name in person.client.cookies if name.startswith("participant"))
    person.client.cookies[name] = "x" + person.client.cookies[name].value
    assert "I agree, start" in person.get("welcome").content.decode()
    assert person.get("candidates", 1).status_code == 404


def test_a_cookie_opens_no_other_study(arrive: Callable[[Study], Person]) -> None:
    person = arrive(factories.open_study_with_pool())
    other = factories.open_study_with_pool()
    value = person.client.cookies[f"participant_{person.study.slug}"].value
    person.client.cookies[f"participant_{other.slug}"] = value
    person.study = other
    assert person.get("trial").status_code == 302
    assert person.get("trial-low-res", 1).status_code == 404


@pytest.mark.parametrize(
    ("state", "sentence"), [("draft", "This study has not opened yet."), ("closed", "This study is closed.")]
)
def test_a_study_that_is_not_open_says_so(state: str, sentence: str) -> None:
    study = factories.open_study_with_pool()
    Study.objects.update(state=state)
    person = Person(study)
    assert sentence in person.get("welcome").content.decode()
    answer = person.post("welcome", htmx=False)
    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    assert not Participant.objects.exists()


def test_unknown_links_are_not_found() -> None:
    assert Client().get("/s/nobody-made-this/").status_code == 404
    assert Client().post("/s/nobody-made-this/").status_code == 404


def test_withdrawing(arrive: Callable[[Study], Person]) -> None:
    person = arrive(factories.open_study_with_pool())
    answer = person.post("withdraw", htmx=False)
    assert (answer.status_code, answer["Location"]) == (303, person.url("welcome"))
    assert "You have withdrawn from this study." in person.get("welcome").content.decode()
    assert person.row.withdrawn_at is not None
    assert person.get("trial")["Location"] == person.url("welcome")
    assert person.get("thanks")["Location"] == person.url("welcome")
    assert person.get("trial-low-res", 1).status_code == 404
    assert person.post("label", 1, label="5").status_code == 403
    assert person.post("welcome", htmx=False).status_code == 303
    assert Participant.objects.count() == 1


def test_withdrawing_is_possible_after_closing_and_only_for_participants(arrive: Callable[[Study], Person]) -> None:
    person = arrive(factories.open_study_with_pool())
    Study.objects.update(state=StudyState.CLOSED)
    assert "Withdraw from this study" in person.get("welcome").content.decode()
    assert Person(person.study).post("withdraw", htmx=False).status_code == 404
    assert person.get("withdraw").status_code == 405
    assert person.row.withdrawn_at is None
    person.post("withdraw", htmx=False)
    assert person.row.withdrawn_at is not None


def test_forms_need_their_csrf_token(arrive: Callable[[Study], Person]) -> None:
    study = factories.open_study_with_pool()
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/s/{study.slug}/").status_code == 403
    assert not Participant.objects.exists()
