"""What a study says in further languages: checked, part of the protocol, and stored beside its own words."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import LifecycleError
from studies.models import Kind, Study, StudyText, Trial
from studies.services import lifecycle, voting
from studies.services.design import texts, translations
from tests.studies import factories

pytestmark = pytest.mark.django_db

AGE = {"key": "age", "kind": "number", "text": "Age?", "options": [], "required": True, "low": 18, "high": 99}
GLASSES = {
    "key": "q2", "kind": "choice", "text": "Glasses?", "options": ["no", "yes"], "required": False, "low": None,
    "high": None,
}  # fmt: skip


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(
        labels=["dog", "cat"], instructions="Pick.", introduction="# Hello", questionnaire=[AGE, GLASSES]
    )


def german(study: Study, **fields: Any) -> StudyText:
    return translations.save(study, "de", **{"question": "Welches Tier ist das?", "labels": ["Hund", "Katze"]} | fields)


def test_texts_in_another_language(study: Study) -> None:
    german(study, consent_text="Ich bin einverstanden.")
    said = texts.of(study, "de")
    assert (said.question, said.consent_text) == ("Welches Tier ist das?", "Ich bin einverstanden.")
    assert said.labels == (("Hund", "dog"), ("Katze", "cat"))
    assert texts.languages(study) == ["en", "de"]


def test_what_is_not_translated_stands_in_the_studys_own_words_and_says_so(study: Study) -> None:
    german(study)
    said = texts.of(study, "de")
    assert said.instructions == "Pick."
    assert said.spoken["question"] == said.spoken["labels"] == "de"
    assert said.spoken["instructions"] == "en"
    assert said.missing("de") == ["instructions", "introduction", "consent_text", "questionnaire"]
    other = texts.of(study, "fr")
    assert (other.language, other.question, other.labels[0]) == ("en", "Which digit is this?", ("dog", "dog"))
    assert texts.of(study, "en").missing("en") == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"labels": ["Hund"]}, "Give 2 labels, in the order of the study's: there are 1."),
        ({"labels": ["Hund", "hund "]}, "The label “Hund” is there more than once"),
        ({"labels": ["Hund", "Cannot  Tell"]}, "“cannot tell” is always offered"),
        ({"labels": ["Hund", "x" * 101]}, "A label has 1 to 100 characters."),
        ({"labels": ["Hund", " "]}, "A label has 1 to 100 characters."),
        ({"question": "x" * 301}, "at most 300 characters"),
        ({"questionnaire": [AGE]}, "Translate all 2 questions: there are 1."),
        ({"questionnaire": [AGE, GLASSES | {"options": ["nein", "ja", "beides"]}]}, "Question “q2”: change its words"),
        ({"questionnaire": [AGE | {"low": 16}, GLASSES]}, "Question “age”: change its words only"),
        ({"questionnaire": [AGE, GLASSES | {"text": ""}]}, "Question 2: write what is asked"),
        ({"feedback": {"7": "Gut."}}, "Feedback belongs to practice images"),
    ],
)
def test_texts_that_do_not_fit_are_refused(study: Study, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LifecycleError, match=sentence.split("(")[0]) as refused:
        german(study, **fields)
    assert refused.value.status == 400
    assert not study.texts.exists()


@pytest.mark.parametrize("language", ["en", "tlh", ""])
def test_only_languages_that_the_pages_speak_beside_the_studys_own(study: Study, language: str) -> None:
    with pytest.raises(LifecycleError, match="cannot be translated into that language"):
        translations.save(study, language, question="What?")


def test_feedback_of_practice(study: Study) -> None:
    practice = study.items.get()
    study.items.update(kind=Kind.PRACTICE, feedback="Right.")
    german(study, feedback={str(practice.position): "Richtig."})
    assert texts.of(study, "de").feedback == {str(practice.position): "Richtig."}
    study.items.update(kind=Kind.MAIN)
    assert german(study, question="Was?").feedback == {}  # nobody gets it any more


def test_a_language_of_which_nothing_is_left_is_not_offered(study: Study) -> None:
    german(study)
    translations.save(study, "de", question="", labels=[])
    assert texts.languages(study) == ["en"]
    german(study)
    translations.remove(study, "de")
    assert texts.languages(study) == ["en"]


def test_new_texts_clear_what_was_begun_under_the_old_ones(study: Study) -> None:
    trial = factories.labelled_trial(study, "dog")
    voting.save_draft(trial, positions=[1, 2])
    german(study)
    trial.refresh_from_db()
    assert (trial.label, trial.draft) == ("", [])
    voting.give_label(trial, "cat")
    german(study)  # the same again changes nothing
    assert Trial.objects.get(pk=trial.pk).label == "cat"
    translations.remove(study, "de")
    assert Trial.objects.get(pk=trial.pk).label == ""


def test_the_first_ballot_freezes_the_texts_too(study: Study) -> None:
    german(study)
    factories.vote_all(study, [0], "dog")
    for change in (lambda: german(study, question="Was?"), lambda: translations.remove(study, "de")):
        with pytest.raises(LifecycleError, match="first ballot has frozen"):
            change()
    with pytest.raises(LifecycleError, match="first ballot has frozen"):
        translations.save(study, "fr", question="Quoi ?")
    assert texts.of(study, "de").question == "Welches Tier ist das?"


def test_other_labels_are_to_be_translated_anew(study: Study) -> None:
    """Translated by their place, the old ones would now stand for something else."""
    german(study)
    lifecycle.update_protocol(study, labels=["cat", "dog"])
    assert texts.of(study, "de").labels == (("cat", "cat"), ("dog", "dog"))
    assert texts.of(study, "de").question == "Welches Tier ist das?"


def test_the_studys_own_language_cannot_be_one_that_has_other_texts(study: Study) -> None:
    german(study)
    with pytest.raises(LifecycleError, match="There are German texts beside the study's own"):
        lifecycle.update_protocol(study, language="de")
    assert lifecycle.update_protocol(study, language="fr").language == "fr"
    with pytest.raises(LifecycleError, match="Choose the language"):
        lifecycle.update_protocol(study, language="xx")
