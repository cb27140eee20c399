"""Asked again for consent, taking one's data along."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from studies.models import Ballot, Observation, Participant, Recruiting, Study
from studies.services import lifecycle
from studies.services.results import collect
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]


def test_who_agreed_to_another_text_reads_and_agrees_again(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    lifecycle.update_protocol(person.study, consent_text="We changed this.")
    assert person.get("trial")["Location"] == person.url("welcome")
    page = person.get("welcome")
    assert "has changed" in page.content.decode()
    assert "We changed this." in page.content.decode()
    refused = person.post("label", 1, label="5")
    assert refused.status_code == 409
    assert f'href="{person.url("trial")}"' in refused.content.decode()
    answer = person.post("welcome", htmx=False, consent=page.context["consent"].sha256)
    assert answer["Location"] == person.url("trial")
    assert person.post("label", 1, label="5").status_code == 200
    assert Participant.objects.count() == 1


def test_what_changed_while_it_was_read_is_shown_again(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(consent_text="First.")
    newcomer, known = Person(study), arrive(study)
    old = newcomer.get("welcome").context["consent"].sha256
    lifecycle.update_protocol(study, consent_text="Second.")
    for person in (newcomer, known):
        answer = person.post("welcome", htmx=False, consent=old)
        assert answer.status_code == 409
        assert "Second." in answer.content.decode()
        assert "has changed" in answer.content.decode()
    assert Participant.objects.count() == 1


def test_who_does_not_agree_again_may_withdraw(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    Recruiting.objects.create(study=person.study, codes={"no_consent": "NO-1"})
    lifecycle.update_protocol(person.study, consent_text="We changed this.")
    page = person.get("declined").content.decode()
    assert "NO-1" in page
    assert "Yes, withdraw my answers" in page


def test_the_language_of_the_consent_text_is_marked() -> None:
    study = factories.open_study_with_pool()
    person = Person(study)
    german = person.get("welcome", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de"' in german
    assert 'class="consent-text stack"' in german
    assert ' lang="en" dir="ltr"><p>I agree to take part.' in german
    study.texts.create(language="de", consent_text="Ich stimme zu.")
    german = person.get("welcome", headers={"Accept-Language": "de"}).content.decode()
    assert '"><p>Ich stimme zu.' in german
    person.client.post(person.url("welcome"), headers={"Accept-Language": "de"})
    assert study.consent_versions.get().language == "de"
    assert person.row.language == "de"


def test_ones_own_data_as_a_file(arrive: Arrive) -> None:
    """1.15 (12): of the participant whose browser it is; nobody else's, and nothing of ours."""
    study = factories.open_study_with_pool()
    person, other = arrive(study), arrive(study)
    person.post("label", 1, label="6")
    answer = person.get("my-data")
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert answer["Cache-Control"] == "private, no-store"
    assert json.loads(answer.content)["images"][0]["label"] == "6"
    assert json.loads(other.get("my-data").content)["images"][0]["label"] == ""
    assert Person(study).get("my-data").status_code == 404
    for page in ("welcome",):
        assert f'href="{person.url("my-data")}"' in person.get(page).content.decode()


def test_the_thanks_lead_to_ones_data_and_say_what_follows(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    person.post("label", 1, label="5")
    person.ballot(positions=[0])
    page = person.get("thanks").content.decode()
    assert "What happens next" in page
    assert f'href="{person.url("my-data")}"' in page
    assert "Your code" not in page
    assert "You can close this page." in page
    Recruiting.objects.create(study=person.study, codes={"complete": "DONE-1"})
    page = person.get("thanks").content.decode()
    assert "DONE-1" in page
    assert "Enter this code where you came from" in page


def test_who_withdraws_may_have_their_answers_deleted(arrive: Arrive) -> None:
    """1.15 (12)."""
    study = factories.open_study_with_pool()
    person = arrive(study)
    person.post("label", 1, label="5")
    person.ballot(positions=[0], observation='{"picking_ms": 900}')
    assert 'name="delete"' in person.get("thanks").content.decode()
    page = person.post("withdraw", htmx=False, delete="yes")
    assert page["Location"] == person.url("welcome")
    assert "Nothing of what you answered is stored any more" in person.get("welcome").content.decode()
    assert not Ballot.objects.exists()
    assert not Observation.objects.exists()
    assert collect(study).participants.withdrawn == 1
    mine = json.loads(person.get("my-data").content)
    assert mine["participant"]["withdrawn_at"]
    assert mine["images"][0]["label"] == ""


def test_who_has_withdrawn_may_have_their_answers_deleted_later(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    person.post("label", 1, label="5")
    person.post("withdraw", htmx=False)
    page = person.get("welcome").content.decode()
    assert "Your answers do not count" in page
    assert "Delete my answers for good" in page
    assert person.row.trials.get().label == "5"
    person.post("withdraw", htmx=False, delete="yes")
    assert person.row.trials.get().label == ""
    assert "Delete my answers" not in person.get("welcome").content.decode()
