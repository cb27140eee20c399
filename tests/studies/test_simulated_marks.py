"""Simulated participants are marked wherever participants, votes or results are shown, and nowhere without them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from studies.models import Ballot, Evaluation, Participant, Study
from studies.services.analysis import evaluation
from tests.studies import factories

MARK = 'alt="True"'  # how admin draws a boolean that is true


@pytest.fixture
def study(db: None) -> Study:
    owner = factories.user("root", is_staff=True, is_superuser=True)
    return factories.open_study_with_pool(owner=owner)


@pytest.fixture
def root(study: Study) -> Client:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client


def vote(study: Study, **options: Any) -> None:
    factories.vote_all(study, [0, 1], **options)
    item = study.items.get()
    evaluation.request(item)
    evaluation.run(item.evaluations.latest("pk").pk)


def pages(study: Study) -> list[str]:
    return [reverse("studies:list"), *(reverse(f"studies:{name}", args=[study.pk]) for name in ("study", "results"))]


def admin_pages() -> list[str]:
    found = []
    for model in (Participant, Ballot, Evaluation):
        name = model._meta.model_name
        found += [reverse(f"admin:studies_{name}_changelist")]
        found += [reverse(f"admin:studies_{name}_change", args=[model._default_manager.latest("pk").pk])]
    return found


def main_part(page: str) -> str:
    """Without admin's filters, which offer the word itself."""
    return page.partition('<nav id="changelist-filter"')[0]


def test_on_every_page(study: Study, root: Client) -> None:
    vote(study)
    for address in pages(study):
        assert "simulated" not in root.get(address).content.decode(), address
    for address in admin_pages():
        assert MARK not in main_part(root.get(address).content.decode()), address
    vote(study, simulated=True)
    for address in pages(study):
        assert "simulated" in root.get(address).content.decode(), address
    for address in admin_pages():
        assert MARK in main_part(root.get(address).content.decode()), address


def test_in_every_answer_of_the_api(study: Study, root: Client) -> None:
    vote(study)
    vote(study, simulated=True)
    ballots = root.get(reverse("api:ballots", args=[study.pk])).json()["results"]
    assert [ballot["simulated"] for ballot in ballots] == [False, True]
    results = root.get(reverse("api:results", args=[study.pk])).json()
    assert results["participants"]["simulated"] == 1
    assert json.dumps(results["items"][0]).count('"simulated_ballots": 1') == 1
