"""The pages around the trials: screen, introduction, feedback, questions, and who is let to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse

from studies.models import Kind, Participant, Recruiting, Study, StudyState, ViewingCheck
from studies.services.design import question_text
from studies.services.screens import checking, patterns
from studies.services.screens.viewing import Rules
from studies.services.trials import flow
from tests.studies import factories
from tests.studies.views.participant.conftest import HTMX, Person

Arrive = Callable[[Study], Person]

SCREEN = {
    "window_width": "1280", "window_height": "800", "screen_width": "1920", "screen_height": "1080",
    "pixel_ratio": "1", "zoom": "1", "attempt": "0",
}  # fmt: skip
QUESTIONS = question_text.parse("[age] Age? *\nnumber 18 to 99\n\n[glasses] Glasses?\n- no\n- yes")


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def mark(study: Study, *kinds: str, label: str = "5", feedback: str = "Look at the *tail*.") -> None:
    for item, kind in zip(study.items.all(), kinds, strict=False):
        said = feedback if kind == Kind.PRACTICE else ""
        type(item).objects.filter(pk=item.pk).update(kind=kind, expected_label=label, feedback=said)


def test_a_failed_check_explains_itself_and_can_be_mended(arrive: Arrive) -> None:
    """1.15 (8)"""
    person = arrive(factories.open_study_with_pool(viewing=Rules(window_width=1024, on_failure="block").as_mapping()))
    assert "A look at your screen" in text(person.get("trial"))
    assert person.post("check", htmx=False, **SCREEN | {"window_width": "900"})["Location"] == person.url("trial")
    page = text(person.get("trial"))
    assert "Width of this window: 900 px; needed: at least 1024 px." in page
    assert "Make the window wider" in page
    assert "You can check 2 more times." in page
    person.post("check", htmx=False, **SCREEN | {"attempt": "1"})
    assert "Which digit is this?" in text(person.get("trial"))
    assert [row.failed for row in ViewingCheck.objects.all()] == [["window_width"], []]


def test_who_fails_for_good_gets_the_code_for_it(arrive: Arrive) -> None:
    """1.15 (7): a code of its own for a failed check; 1.15 (8): and the reason."""
    study = factories.open_study_with_pool(
        viewing=Rules(window_width=9999, on_failure="block", attempts=1).as_mapping()
    )
    Recruiting.objects.create(study=study, codes={"failed_check": "SCREEN1", "complete": "DONE1"})
    person = arrive(study)
    person.post("check", htmx=False, **SCREEN)
    for page in (text(person.get("trial")), text(person.client.get(person.url("thanks"), follow=True))):
        assert "You cannot take part with this screen" in page
        assert "Width of this window: 1280 px; needed: at least 9999 px." in page
        assert "SCREEN1" in page
        assert "DONE1" not in page
    assert person.get("welcome").url == person.url("trial")
    assert person.post("label", 1, label="5").status_code in (200, 403)
    assert person.ballot(positions=[1]).status_code == 403


def test_where_the_study_warns_there_is_a_way_on(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(viewing=Rules(window_width=9999).as_mapping()))
    assert "Go on all the same" not in text(person.get("trial"))
    assert person.post("check-go-on", htmx=False).status_code == 409
    person.post("check", htmx=False, **SCREEN)
    assert "Go on all the same" in text(person.get("trial"))
    person.post("check-go-on", htmx=False)
    assert "Which digit is this?" in text(person.get("trial"))


def test_patterns_tell_no_answer(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(viewing=Rules(brightness=True, plates=2).as_mapping())
    person = arrive(study)
    page = text(person.get("trial"))
    for name in ("dark", "light", "plate-1", "plate-2"):
        assert person.url("check-pattern", name) in page
        answer = person.get("check-pattern", name)
        assert answer["Content-Type"] == "image/png"
        assert "no-store" in answer["Cache-Control"]
    assert person.get("check-pattern", "plate-3").status_code == 404
    stranger = Person(study)
    assert stranger.get("check-pattern", "dark").status_code == 404
    seeds = [checking.pattern_seed(person.row, 0, f"plate-{number}") for number in (1, 2)]
    right = {f"plate-{number}": patterns.digit(seed) for number, seed in enumerate(seeds, start=1)}
    squares = {name: patterns.squares(checking.pattern_seed(person.row, 0, name)) for name in ("dark", "light")}
    person.post("check", htmx=False, **SCREEN | right | squares)
    assert person.row.checked_at is not None
    assert person.get("check-pattern", "dark").status_code == 404, "the check is over"


def test_a_page_that_could_not_measure_says_so(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(viewing=Rules(window_width=100).as_mapping()))
    answer = person.post("check", htmx=False, **SCREEN | {"window_width": ""})
    assert answer.status_code == 400
    assert "switch JavaScript on" in text(answer)


def test_the_introduction_with_its_picture(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(introduction="# Hello\n\nPick *likely* ones. ![A five](five) ![x](six)")
    factories.picture(study, "five")
    person = arrive(study)
    page = text(person.get("trial"))
    assert "<h2>Hello</h2>" in page
    assert "<em>likely</em>" in page
    assert f'<img src="{person.url("study-picture", "five")}" alt="A five"> x' in page
    assert person.get("study-picture", "five").content.startswith(b"\x89PNG")
    assert person.get("study-picture", "six").status_code == 404
    assert Person(study).get("study-picture", "five").status_code == 404
    assert person.get("introduction").url == person.url("trial")
    person.post("introduction-read", htmx=False)
    assert "Which digit is this?" in text(person.get("trial"))
    assert "Back to the images" in text(person.get("introduction"))


def test_feedback_after_practice(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(items=3)
    mark(study, Kind.PRACTICE, Kind.PRACTICE)
    person = arrive(study)
    assert "Practice 1 of 2" in text(person.get("trial"))
    person.post("label", 1, label="6")
    page = text(person.ballot(1, positions=[0], label="6"))
    assert "Practice 1 of 2" in page
    assert "Not quite" in page
    assert "<em>tail</em>" in page
    assert "<dt>You saw</dt><dd><strong>6</strong></dd> <dt>It is</dt><dd><strong>5</strong></dd>" in page
    assert "Next practice image" in page
    assert "Not quite" in text(person.get("trial")), "until it is confirmed"
    person.post("feedback", 1, htmx=False)
    person.post("label", 2, label="5")
    page = text(person.ballot(2, positions=[0]))
    assert "That is right" in page
    assert "From now on your answers count" in page
    person.post("feedback", 2, htmx=False)
    page = text(person.get("trial"))
    assert "Image 1 of 1" in page
    assert "Practice" not in page


def test_people_are_told_beforehand_how_many_images_come(arrive: Arrive) -> None:
    """As the images count themselves: attention checks and repeats are images, practice is not."""
    study = factories.open_study_with_pool(items=3, repeats=1)
    mark(study, Kind.PRACTICE, Kind.ATTENTION)
    page = text(Person(study).get("welcome"))
    assert "You practise with one image; that answer does not count." in page
    assert "You see 3 small, coarse images" in page
    started: Any = arrive(study).get("trial")
    assert started.context["items"] == 3


def test_attention_checks_and_repeats_look_like_any_image(arrive: Arrive) -> None:
    """1.15 (10): nothing tells them apart."""
    study = factories.open_study_with_pool(items=2, repeats=1)
    mark(study, Kind.ATTENTION)
    person = arrive(study)
    for number in (1, 2, 3):
        page = text(person.get("trial"))
        assert f"Image {number} of 3" in page
        assert not re.search("attention|repeat|expected|practice|once more", page, re.I)
        person.post("label", number, label="5")
        person.ballot(number, positions=[0])
    assert "All your 3 answers are stored." in text(person.get("thanks"))


def test_nobody_is_told_what_is_right_before_they_answer(arrive: Arrive) -> None:
    """1.15 (10)"""
    study = factories.open_study_with_pool(items=2)
    mark(study, Kind.PRACTICE, feedback="SECRET WORDS")
    person = arrive(study)
    assert "SECRET WORDS" not in text(person.get("trial"))
    person.post("feedback", 1, htmx=False)
    assert "SECRET WORDS" not in text(person.get("trial"))


def test_the_questionnaire(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(questionnaire=QUESTIONS))
    assert person.post("questionnaire", htmx=False, age="30").status_code == 409
    person.post("label", 1, label="5")
    answer = person.ballot(1, positions=[0])
    assert "Last questions" in text(answer)
    assert "HX-Replace-Url" not in answer
    assert person.row.finished_at is None
    assert person.get("thanks").url == person.url("trial")
    refused = person.post("questionnaire", htmx=False, age="17", glasses="1")
    assert refused.status_code == 400
    assert "Give a whole number from 18 to 99." in text(refused)
    for kept in ('value="17"', 'value="1" checked'):
        assert kept in text(refused)
    for age in ("30", "31"):
        assert person.post("questionnaire", htmx=False, age=age, glasses="1")["Location"] == person.url("thanks")
    assert person.row.questionnaire.values == {"age": 30, "glasses": "yes"}
    assert "Thank you" in text(person.get("thanks"))


def test_nothing_is_taken_from_strangers_or_of_other_people(arrive: Arrive) -> None:
    """Owner of the trial, another participant, a stranger."""
    study = factories.open_study_with_pool(introduction="Hello", questionnaire=QUESTIONS)
    first, second, stranger = arrive(study), arrive(study), Person(study)
    for name in ("check", "check-go-on", "check-give-up", "introduction-read", "questionnaire"):
        assert stranger.post(name, htmx=False).status_code == 404, name
    assert stranger.post("feedback", 1, htmx=False).status_code == 404
    first.post("introduction-read", htmx=False)
    assert [row.introduced_at is not None for row in Participant.objects.order_by("pk")] == [True, False]
    assert "Before you start" in text(second.get("trial"))


@pytest.mark.parametrize("gone", [{"withdrawn_at": "2026-01-01T00:00Z"}, {}])
def test_who_has_withdrawn_or_found_the_study_closed_changes_nothing(arrive: Arrive, gone: dict[str, Any]) -> None:
    study = factories.open_study_with_pool(introduction="Hello")
    person = arrive(study)
    if gone:
        Participant.objects.update(**gone)
    else:
        Study.objects.update(state=StudyState.CLOSED)
    assert person.post("introduction-read", htmx=False).status_code == (404 if gone else 403)
    assert person.row.introduced_at is None
    assert "Hello" not in text(person.client.get(person.url("trial"), follow=True))


def test_looking_at_steps_changes_nothing(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(
        introduction="Hello", viewing=Rules(brightness=True).as_mapping(), questionnaire=QUESTIONS
    )
    person = arrive(study)
    before = Participant.objects.values().get()
    for name in ("trial", "thanks", "introduction", "welcome"):
        person.client.get(person.url(name), follow=True)
    person.get("check-pattern", "dark")
    assert Participant.objects.values().get() == before
    assert not ViewingCheck.objects.exists()


def test_texts_come_in_the_participants_language(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(items=2, introduction="Hello", questionnaire=QUESTIONS)
    mark(study, Kind.PRACTICE)
    study.texts.create(
        language="de", labels=["fünf", "sechs"], introduction="Guten Tag", feedback={"0": "Seht den Schwanz."},
        questionnaire=[
            QUESTIONS[0] | {"text": "Alter?"},
            QUESTIONS[1] | {"text": "Brille?", "options": ["nein", "ja"]},
        ],
    )  # fmt: skip
    person = arrive(study)
    Participant.objects.update(language="de")
    assert "Guten Tag" in text(person.get("trial"))
    person.post("introduction-read", htmx=False)
    person.post("label", 1, label="5")
    page = text(person.ballot(1, positions=[0]))
    assert "fünf" in page
    assert "Seht den Schwanz." in page
    person.post("feedback", 1, htmx=False)
    person.post("label", 2, label="5")
    page = text(person.ballot(2, positions=[0]))
    assert "Alter?" in page
    assert "nein" in page
    person.post("questionnaire", htmx=False, age="30", glasses="1")
    assert person.row.questionnaire.values == {"age": 30, "glasses": "yes"}, "stored in the study's own words"


def test_a_fragment_for_htmx_and_a_page_for_everybody_else(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(questionnaire=QUESTIONS))
    person.post("label", 1, label="5")
    assert "<html" not in text(person.ballot(1, positions=[0]))
    assert "<html" in text(person.get("trial"))
    assert "<html" not in text(person.client.get(person.url("trial"), headers=HTMX))
    assert flow.step(person.row).kind == flow.QUESTIONNAIRE
