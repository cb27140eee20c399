"""What the protocol says of pages, screens, introduction and questions, by the form and by the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studies.models import Study
from studies.services.design import question_text
from studies.services.screens import viewing
from tests.studies import factories

FLOW = {
    "page_size": 12, "see_all_pages": "on", "ask_confidence": "on", "region": "grid", "repeats": 2,
    "introduction": "Hello **you**", "questionnaire": "[age] Age? *\r\nnumber 18 to 99\r\n",
    "viewing-window_width": 1024, "viewing-whole_ratio": "on", "viewing-plates": 3, "viewing-plate_errors": 1,
    "viewing-on_failure": "block", "viewing-attempts": 5,
}  # fmt: skip


def test_all_of_it_is_stored(browser_of_ada: Client, form: dict[str, Any]) -> None:
    assert browser_of_ada.post("/studies/new/", form | FLOW).status_code == 302
    study = Study.objects.get()
    assert (study.page_size, study.see_all_pages, study.ask_confidence) == (12, True, True)
    assert (study.region, study.repeats, study.introduction) == ("grid", 2, "Hello **you**")
    assert viewing.rules(study) == viewing.Rules(
        window_width=1024, whole_ratio=True, plates=3, plate_errors=1, on_failure="block", attempts=5
    )
    assert study.questionnaire == question_text.parse("[age] Age? *\nnumber 18 to 99")


def test_what_is_left_out_asks_nothing(browser_of_ada: Client, form: dict[str, Any]) -> None:
    browser_of_ada.post("/studies/new/", form)
    study = Study.objects.get()
    assert (study.page_size, study.repeats, study.region) == (40, 0, "")
    assert (study.viewing, study.questionnaire, study.introduction) == ({}, [], "")


def test_the_form_shows_what_is_stored_and_saving_changes_nothing(
    ada: User, browser_of_ada: Client, form: dict[str, Any]
) -> None:
    browser_of_ada.post("/studies/new/", form | FLOW)
    study = Study.objects.get()
    page = browser_of_ada.get(f"/studies/{study.pk}/edit/")
    shown = page.context["form"]
    parts = (shown, shown.settings_form, shown.viewing_form)
    sent = {bound.html_name: bound.value() for part in parts for bound in part}
    sent = {name: "\n".join(value) if isinstance(value, list) and name == "labels" else value
            for name, value in sent.items() if value not in (None, False)}  # fmt: skip
    sent["settings-family"] = "ldm"
    sent["questionnaire"] = question_text.as_text(study.questionnaire)
    assert sent["questionnaire"] in page.content.decode()
    before = Study.objects.values().get()
    assert browser_of_ada.post(f"/studies/{study.pk}/edit/", sent).status_code == 302
    assert Study.objects.values().get() == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"page_size": 0}, "greater than or equal to 1"),
        ({"repeats": 1001}, "less than or equal to 1000"),
        ({"region": "blob"}, "valid choice"),
        ({"questionnaire": "Age?\nnumber"}, "Question 1: a number needs two whole numbers"),
        ({"viewing-window_width": 10_001}, "less than or equal to 10000"),
        ({"viewing-least_ratio": 2, "viewing-most_ratio": 1}, "above the largest"),
        ({"viewing-plates": 1, "viewing-plate_errors": 1}, "At least one colour plate"),
    ],
)
def test_what_is_wrong_is_said(
    browser_of_ada: Client, form: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    answer = browser_of_ada.post("/studies/new/", form | changes)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Study.objects.exists()


def test_a_frozen_protocol_keeps_its_rules(ada: User, browser_of_ada: Client, form: dict[str, Any]) -> None:
    study = factories.open_study_with_pool(owner=ada, introduction="Hello", ask_confidence=False)
    factories.vote_all(study, [1])
    assert browser_of_ada.post(f"/studies/{study.pk}/edit/", form | FLOW).status_code == 302
    study.refresh_from_db()
    assert (study.introduction, study.viewing, study.questionnaire, study.repeats) == ("Hello", {}, [], 0)


def test_the_study_page_says_it(ada: User, browser_of_ada: Client, form: dict[str, Any]) -> None:
    browser_of_ada.post("/studies/new/", form | FLOW)
    page = browser_of_ada.get(Study.objects.get().get_absolute_url()).content.decode()
    for fact in ("at most 12 candidates, all to be seen", "window width 1024, whole pixel ratio only, colour plates 3",
                 "blocks after 5 attempts", "2 images", "1 at the end", "squares of a grid"):  # fmt: skip
        assert fact in page, fact


def test_the_api_takes_and_gives_it(browser_of_ada: Client, form: dict[str, Any]) -> None:
    sent = {
        "name": "By API", "question": "Which digit is this?", "labels": ["5", "6"], "consent_text": "I agree.",
        "weights": "ldm/mine", "page_size": 12, "repeats": 1, "region": "lasso", "introduction": "Hello",
        "ask_confidence": True, "viewing": {"window_width": 900},
        "questionnaire": question_text.parse("Why?"),
    }  # fmt: skip
    answer = browser_of_ada.post("/api/studies/", sent, content_type="application/json")
    assert answer.status_code == 201, answer.content
    given = answer.json()
    assert {name: given[name] for name in ("page_size", "repeats", "region", "introduction", "ask_confidence")} == {
        name: sent[name] for name in ("page_size", "repeats", "region", "introduction", "ask_confidence")
    }
    assert given["viewing"] == viewing.Rules(window_width=900).as_mapping()
    assert given["questionnaire"] == sent["questionnaire"]
    for wrong, sentence in (({"viewing": {"magic": 1}}, "no viewing rule"), ({"questionnaire": [{}]}, "Question 1")):
        refused = browser_of_ada.post("/api/studies/", sent | wrong, content_type="application/json")
        assert refused.status_code == 400
        assert sentence in refused.content.decode()
