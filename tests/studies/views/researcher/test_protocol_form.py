"""Make and change a study's protocol by the form."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from inference.models import Weights
from inference.samplers import settings_class
from studies.models import Role, Study
from tests.studies import factories


def test_new_study(ada: User, browser_of_ada: Client, form: dict[str, Any]) -> None:
    answer = browser_of_ada.post("/studies/new/", form)
    study = Study.objects.get()
    assert answer.url == study.get_absolute_url()
    assert study.labels == ["5", "6"]
    assert (study.pool_size, study.max_picks, study.exact_picks, study.ask_label) == (20, 3, False, True)
    sent = {"steps": 12, "solver": "ddim", "eta": 0.5, "mosaic": False, "projection": 2, "precision": "auto"}
    assert study.settings == sent
    assert study.memberships.get().role == Role.OWNER
    assert study.memberships.get().user == ada


def test_fields_of_the_sampler_come_from_its_settings(browser_of_ada: Client, digits: Weights) -> None:
    page = browser_of_ada.get("/studies/new/").content.decode()
    for name in ("steps", "solver", "eta", "mosaic", "projection"):
        assert f'name="settings-{name}"' in page


def test_a_choice_that_is_not_sent_counts_with_its_default(browser_of_ada: Client, form: dict[str, Any]) -> None:
    del form["settings-solver"], form["settings-precision"]
    browser_of_ada.post("/studies/new/", form)
    assert (Study.objects.get().settings["solver"], Study.objects.get().settings["precision"]) == ("ddim", "auto")


def test_weights_say_their_scale_and_colours(browser_of_ada: Client, form: dict[str, Any]) -> None:
    assert "ldm/mine (x4, grey)" in browser_of_ada.get("/studies/new/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"max_picks": 21}, "max_picks", "cannot pick 21 of 20"),
        ({"ensemble_size": 21}, "ensemble_size", "An ensemble of 21"),
        ({"labels": "5\n 5 "}, "labels", "more than once"),
        ({"labels": ""}, "labels", "at least two labels"),
        ({"labels": "5\ncannot tell"}, "labels", "always offered"),
        ({"name": "  "}, "name", "required"),
        ({"pool_size": 1001}, "pool_size", "1000"),
        ({"control_draws": 99}, "control_draws", "100"),
        ({"weights": 999999}, "weights", "valid choice"),
        ({"consent_text": ""}, "consent_text", "required"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    browser_of_ada: Client, form: dict[str, Any], changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = browser_of_ada.post("/studies/new/", form | changes)
    assert answer.status_code == 400
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert sentence in answer.content.decode()
    assert not Study.objects.exists()


@pytest.mark.parametrize("changes", [{"settings-steps": 0}, {"settings-eta": "2"}, {"settings-solver": "magic"}])
def test_settings_out_of_range(browser_of_ada: Client, form: dict[str, Any], changes: dict[str, Any]) -> None:
    answer = browser_of_ada.post("/studies/new/", form | changes)
    assert answer.status_code == 400
    assert answer.context["form"].settings_form.errors
    assert not Study.objects.exists()


def test_settings_of_a_family_that_was_not_shown_are_its_defaults(browser_of_ada: Client, form: dict[str, Any]) -> None:
    """Without scripts the fields of another family come only after the first answer."""
    browser_of_ada.post("/studies/new/", form | {"settings-family": "other", "settings-steps": 3})
    assert Study.objects.get().settings == settings_class("ldm")().as_mapping()


def test_fields_of_the_chosen_weights(browser_of_ada: Client, digits: Weights) -> None:
    answer = browser_of_ada.get("/studies/sampler-settings/", {"weights": digits.pk})
    assert 'name="settings-eta"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_without_weights_the_page_says_what_to_do(browser_of_ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studies.views.researcher.protocol.catalogue", list)
    assert "no weights on this machine" in browser_of_ada.get("/studies/new/").content.decode()


def test_edit(ada: User, browser_of_ada: Client, form: dict[str, Any]) -> None:
    browser_of_ada.post("/studies/new/", form)
    study = Study.objects.get()
    browser_of_ada.post(f"/studies/{study.pk}/edit/", form | {"question": "What is it?", "labels": "a\nb\nc"})
    study.refresh_from_db()
    assert (study.question, study.labels) == ("What is it?", ["a", "b", "c"])


def test_saving_without_a_change_keeps_the_pools(ada: User, browser_of_ada: Client, form: dict[str, Any]) -> None:
    """Settings stored as {} mean the defaults; showing them in full is no change."""
    study = factories.study(owner=ada, settings={})
    factories.pool(factories.item(study))
    page = browser_of_ada.get(f"/studies/{study.pk}/edit/")
    sent = form | {bound.html_name: bound.value() for bound in page.context["form"]}
    sent |= {bound.html_name: bound.value() for bound in page.context["form"].settings_form}
    sent = {name: value for name, value in sent.items() if value is not None and value is not False} | {
        "labels": "5\n6"
    }
    assert browser_of_ada.post(f"/studies/{study.pk}/edit/", sent).status_code == 302
    assert study.items.get().pool.count() == 12


def test_what_is_lost_with_the_pools_is_said(ada: User, browser_of_ada: Client, form: dict[str, Any]) -> None:
    browser_of_ada.post("/studies/new/", form)
    study = Study.objects.get()
    item = factories.item(study)
    factories.more(item, 2, parents=factories.pool(item)[:2])
    address, lost = f"/studies/{study.pk}/edit/", "Candidates made from two are no longer in the pools"
    for changes, said in (({"question": "What is it?"}, False), ({"pool_size": 30}, True), ({"pool_size": 31}, False)):
        text = browser_of_ada.post(address, form | changes, follow=True).content.decode()
        assert "The protocol was saved." in text
        assert (lost in text) == said, changes


def test_frozen_protocol_is_read_only_with_the_reason(ada: User, browser_of_ada: Client, form: dict[str, Any]) -> None:
    study = factories.open_study_with_pool(owner=ada)
    factories.vote_all(study, [1])
    page = browser_of_ada.get(f"/studies/{study.pk}/edit/")
    assert "first ballot froze this protocol" in page.content.decode()
    assert page.context["form"]["question"].field.disabled

    changed = form | {"name": "New name", "question": "Another question?", "max_picks": 1}
    assert browser_of_ada.post(f"/studies/{study.pk}/edit/", changed).status_code == 302
    study.refresh_from_db()
    assert (study.name, study.question, study.max_picks) == ("New name", "Which digit is this?", 3)


def test_what_is_drawn_does_not_change_while_people_may_vote(
    ada: User, browser_of_ada: Client, form: dict[str, Any]
) -> None:
    study = factories.open_study_with_pool(owner=ada)
    answer = browser_of_ada.post(f"/studies/{study.pk}/edit/", form | {"pool_size": 30})
    assert answer.status_code == 400
    assert "close it before" in answer.content.decode()
    study.refresh_from_db()
    assert study.pool_size == 12
