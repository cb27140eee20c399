"""A study's texts in a further language: one page each, frozen at the first ballot, and read by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from studies.models import Item, Kind, Role, Study, StudyMembership
from studies.services.design import texts, translations
from tests.studies import factories

pytestmark = pytest.mark.django_db

GLASSES = {
    "key": "glasses", "kind": "choice", "text": "Glasses?", "options": ["no", "yes"], "required": True, "low": None,
    "high": None,
}  # fmt: skip


@pytest.fixture
def study() -> Study:
    made = factories.open_study_with_pool(labels=["dog", "cat"], questionnaire=[GLASSES])
    Item.objects.update(kind=Kind.PRACTICE, feedback="Look at the *ears*.")
    return made


@pytest.fixture
def client(study: Study) -> Client:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client


def address(study: Study, language: str = "de", name: str = "texts") -> str:
    return reverse(f"studies:{name}", args=[study.pk, language])


GERMAN = {
    "question": "Welches Tier?", "labels": "Hund\r\nKatze", "consent_text": "Ja.", "feedback_0": "Die *Ohren*.",
    "questionnaire": "[glasses] Brille? *\r\n- nein\r\n- ja",
}  # fmt: skip


def test_what_is_written_is_what_participants_read(client: Client, study: Study) -> None:
    page = client.get(address(study)).content.decode()
    assert "Which digit is this?" in page  # the study's own words, beside the field
    assert "Look at the *ears*." in page
    answer = client.post(address(study), GERMAN)
    assert (answer.status_code, answer["Location"]) == (302, f"{study.get_absolute_url()}#languages")
    said = texts.of(study, "de")
    assert (said.question, said.labels) == ("Welches Tier?", (("Hund", "dog"), ("Katze", "cat")))
    assert said.feedback == {"0": "Die *Ohren*."}
    assert said.questionnaire[0]["text"] == "Brille?"
    assert "Welches Tier?" in client.get(address(study)).content.decode()
    assert "complete" in client.get(study.get_absolute_url()).content.decode()


def test_the_studys_own_questionnaire_sent_back_is_no_translation(client: Client, study: Study) -> None:
    shown = client.get(address(study)).content.decode()
    assert "[glasses] Glasses? *" in shown
    client.post(address(study), GERMAN | {"questionnaire": "[glasses] Glasses? *\r\n- no\r\n- yes"})
    assert texts.of(study, "de").spoken["questionnaire"] == "en"
    assert "lacks questionnaire" in client.get(study.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"labels": "Hund"}, "Give 2 labels, in the order of the study&#x27;s: there are 1."),
        ({"labels": "Hund\r\nHund"}, "is there more than once"),
        ({"questionnaire": "[glasses] Brille? *\r\n- nein"}, "a choice needs 2 to 50 options"),
        ({"questionnaire": "[brille] Brille? *\r\n- nein\r\n- ja"}, "Question “glasses”: change its words only"),
        ({"question": "x" * 301}, "at most 300 characters"),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(
    client: Client, study: Study, changed: dict[str, Any], sentence: str
) -> None:
    answer = client.post(address(study), GERMAN | changed)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert "Nothing was saved" in answer.content.decode()
    assert not study.texts.exists()


def test_a_language_is_taken_back(client: Client, study: Study) -> None:
    client.post(address(study), GERMAN)
    client.post(address(study, name="texts-delete"))
    assert texts.languages(study) == ["en"]


@pytest.mark.parametrize("language", ["en", "ja", "xx"])
def test_only_languages_that_the_pages_speak_beside_the_own(client: Client, study: Study, language: str) -> None:
    assert client.get(address(study, language)).status_code == 404
    assert client.post(address(study, language), GERMAN).status_code == 404


def test_the_first_ballot_freezes_them(client: Client, study: Study) -> None:
    client.post(address(study), GERMAN)
    factories.vote_all(study, [0], "dog")
    page = client.get(address(study)).content.decode()
    assert "The first ballot froze these texts" in page
    assert ">Save<" not in page
    client.post(address(study), GERMAN | {"question": "Was?"})
    client.post(address(study, name="texts-delete"))
    assert texts.of(study, "de").question == "Welches Tier?"
    assert "first ballot has frozen" in client.get(study.get_absolute_url()).content.decode()


def test_owner_colleague_and_stranger(client: Client, study: Study) -> None:
    viewer, stranger = Client(), Client()
    reader = factories.user()
    StudyMembership.objects.create(study=study, user=reader, role=Role.VIEWER)
    viewer.force_login(reader)
    stranger.force_login(factories.user())
    for somebody in (viewer, stranger):
        assert somebody.get(address(study)).status_code == 404
        assert somebody.post(address(study), GERMAN).status_code == 404
        assert somebody.post(address(study, name="texts-delete")).status_code == 404
    assert not study.texts.exists()
    translations.save(study, "de", question="Welches Tier?")
    api = reverse("api:study", args=[study.pk])
    assert stranger.get(api).status_code == 404
    for somebody in (client, viewer):
        sent = somebody.get(api).json()
        assert (sent["language"], [row["language"] for row in sent["texts"]]) == ("en", ["de"])
        assert sent["texts"][0]["question"] == "Welches Tier?"


def test_the_studys_own_language_is_part_of_its_protocol(client: Client, study: Study) -> None:
    page = client.get(reverse("studies:edit", args=[study.pk])).content.decode()
    assert '<option value="en" selected>English</option>' in page
    assert '<option value="ar">Arabic</option>' in page
