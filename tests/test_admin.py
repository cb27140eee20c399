"""Every page of Django's admin opens for a superuser: lists, rows, histories, and adding and deleting where allowed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from model_bakery import baker

from studies.models import Observation, Rater, Rating, RecruiterIdentity, StateChange, Stimulus
from studies.services import rating
from studies.services.analysis import evaluation
from tests.studies import factories, rated

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def rows(db: None) -> Client:
    """A superuser, in a database with a voted and evaluated study."""
    root = factories.user("root", is_staff=True, is_superuser=True)
    study = factories.open_study_with_pool(owner=root, truth=True)
    person = factories.vote_all(study, [0, 1], simulated=True)
    Observation.objects.get_or_create(trial=person.trials.get())
    RecruiterIdentity.objects.create(study=study, participant=person, source="prolific", external_id="5f1a")
    made = evaluation.request(study.items.get())
    assert made is not None
    evaluation.run(made.pk)
    client = Client()
    client.force_login(root)
    return client


def address(model: type[Model], page: str, *pk: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=pk)


def allowed(client: Client, model: type[Model], what: str) -> bool:
    request = RequestFactory().get("/")
    request.user = client.get(reverse("admin:index")).wsgi_request.user
    return getattr(admin.site._registry[model], f"has_{what}_permission")(request)


def _made(model: type[Model]) -> Model:
    """A row of its own; of ratings only with a study around it, whose pictures have a size and channels that may be."""
    if model not in (Rater, Rating, Stimulus):
        return baker.make(model, **({"state": "open"} if model is StateChange else {}))
    phase = rated.opened(rated.voted())
    person = phase.study.participants.first()
    assert person is not None
    rating.begin(person)
    return model._default_manager.all()[0]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_page_opens(rows: Client, model: type[Model]) -> None:
    row = model._default_manager.first() or _made(model)
    found = {
        page: rows.get(address(model, page, *pk)).status_code
        for page, pk in (
            ("changelist", ()), ("add", ()), ("change", (row.pk,)), ("history", (row.pk,)), ("delete", (row.pk,)),
        )
    }  # fmt: skip
    refused = {what: 200 if allowed(rows, model, what) else 403 for what in ("add", "delete")}
    assert found == {"changelist": 200, "change": 200, "history": 200} | refused


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_can_be_searched_and_sorted(rows: Client, model: type[Model]) -> None:
    columns = len(admin.site._registry[model].list_display)
    for query in ("?q=1", *(f"?o={column}" for column in range(1, columns + 1))):
        assert rows.get(address(model, "changelist") + query).status_code == 200, query


def test_votes_and_pictures_are_made_by_services_only(rows: Client) -> None:
    ours = [model for model in MODELS if model._meta.app_label in ("inference", "studies")]
    addable = {model._meta.model_name for model in ours if allowed(rows, model, "add")}
    assert addable == {"study"}
    assert not any(allowed(rows, model, "delete") for model in ours)
