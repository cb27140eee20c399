"""The plan on the protocol's form, in the admin and by the API; the page of analysis versions."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studies.models import Study
from studies.services.analysis import versions
from studies.services.analysis.plan import Plan
from tests.studies import factories

PLAN = {
    "plan-attention": "0.8", "plan-ratio_change": "on", "plan-stopping": "precision", "plan-most_participants": 60,
    "plan-half_width": "0.15", "plan-close_when_reached": "on", "plan-resamples": 2000,
}  # fmt: skip
MEANT = Plan(
    attention=0.8, ratio_change=True, stopping="precision", most_participants=60, half_width=0.15,
    close_when_reached=True, resamples=2000,
)  # fmt: skip


def test_the_form_stores_the_plan_and_shows_it_again(browser_of_ada: Client, form: dict[str, Any]) -> None:
    assert browser_of_ada.post("/studies/new/", form | PLAN).status_code == 302
    study = Study.objects.get()
    assert study.plan == MEANT.as_mapping()
    shown = browser_of_ada.get(f"/studies/{study.pk}/edit/").context["form"].plan_form
    assert [part["open"] for part in shown.parts()] == [True, True, True]
    assert shown["attention"].value() == "0.8"
    facts = browser_of_ada.get(study.get_absolute_url()).content.decode()
    assert "attention checks right, at least 0.8, leave out who changed the zoom or the screen; stops when" in facts
    assert "is known well enough, at most 60; 95 % intervals" in facts


def test_no_plan_is_asked_for(browser_of_ada: Client, form: dict[str, Any]) -> None:
    page = browser_of_ada.get("/studies/new/")
    assert [part["open"] for part in page.context["form"].plan_form.parts()] == [False, False, False]
    browser_of_ada.post("/studies/new/", form)
    assert Study.objects.get().plan == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"plan-attention": 2}, "less than or equal to 1"),
        ({"plan-most_participants": ""}, "at how many participants"),
        ({"ask_label": ""}, "ask what people see"),
    ],
)
def test_what_is_wrong_is_said(
    browser_of_ada: Client, form: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    answer = browser_of_ada.post("/studies/new/", form | PLAN | changes)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Study.objects.exists()


def test_the_api_takes_and_gives_it(browser_of_ada: Client, form: dict[str, Any]) -> None:
    sent = {"name": "By API", "question": "Which?", "labels": ["5", "6"], "consent_text": "I agree.",
            "weights": "ldm/mine", "plan": {"attention": 0.8}}  # fmt: skip
    answer = browser_of_ada.post("/api/studies/", sent, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["plan"] == Plan(attention=0.8).as_mapping()
    refused = browser_of_ada.post("/api/studies/", sent | {"plan": {"magic": 1}}, content_type="application/json")
    assert refused.status_code == 400
    assert "magic" in refused.content.decode()


@pytest.fixture
def voted(ada: User) -> Study:
    study = factories.open_study_with_pool(owner=ada)
    factories.vote_all(study, [0, 1, 2])
    return study


def version(**changes: Any) -> dict[str, Any]:
    return {"ensemble_size": 3, "tie_rule": "index", "confidence": 0.95, "reason": "A reviewer asked."} | changes


def test_a_version_is_added_with_its_reason(browser_of_ada: Client, voted: Study) -> None:
    address = f"/studies/{voted.pk}/analysis/"
    assert "as locked" in browser_of_ada.get(address).content.decode()
    answer = browser_of_ada.post(address, version(ensemble_size=2, attention="0.9"))
    assert (answer.status_code, answer.url) == (302, f"/studies/{voted.pk}/results/")
    now = versions.current(voted)
    assert (now.number, now.ensemble_size, now.plan.attention) == (2, 2, 0.9)
    page = browser_of_ada.get(address).content.decode()
    assert "A reviewer asked." in page
    assert "Ensemble size n: 2 · Attention checks right, at least: 0.9" in page
    assert browser_of_ada.get(address).context["form"]["ensemble_size"].value() == 2


def test_an_emptied_field_is_as_it_comes(browser_of_ada: Client, voted: Study) -> None:
    address = f"/studies/{voted.pk}/analysis/"
    browser_of_ada.post(address, version(attention="0.9", ratio_change="on"))
    browser_of_ada.post(address, version(attention=""))
    assert versions.current(voted).plan == Plan()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": ""}, "This field is required"),
        ({}, "Nothing differs from version 1"),
        ({"ensemble_size": 50}, "from 1 to 12"),
        ({"confidence": 2}, "less than or equal to 0.999"),
    ],
)
def test_what_is_refused_is_said(browser_of_ada: Client, voted: Study, changes: dict[str, Any], sentence: str) -> None:
    answer = browser_of_ada.post(f"/studies/{voted.pk}/analysis/", version(**changes))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not voted.analysis_versions.exists()


def test_before_there_are_votes_the_page_leads_to_the_protocol(browser_of_ada: Client, ada: User) -> None:
    study = factories.study(owner=ada)
    page = browser_of_ada.get(f"/studies/{study.pk}/analysis/").content.decode()
    assert "There are no votes yet" in page
    assert browser_of_ada.post(f"/studies/{study.pk}/analysis/", version()).status_code == 400
