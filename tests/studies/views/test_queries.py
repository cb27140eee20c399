"""How often pages ask the database: not more for more items, and a ballot, which everybody waits for, seldom."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from studies.models import Study
from studies.services.analysis import evaluation
from tests.studies import factories

pytestmark = pytest.mark.django_db


def evaluated(items: int) -> Study:
    study = factories.open_study_with_pool(items=items, truth=True)
    factories.vote_all(study, [0, 1, 2])
    for made in evaluation.request_all(study):
        evaluation.run(made.pk)
    return study


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["study", "results", "progress", "results-status"])
def test_more_items_are_no_more_queries(name: str) -> None:
    counts = []
    for items in (1, 4):
        study, client = evaluated(items), Client()
        client.force_login(study.memberships.get().user)
        counts.append(queries(client, reverse(f"studies:{name}", args=[study.pk])))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", ["", "more/"])
def test_more_jobs_are_no_more_queries(path: str, django_assert_max_num_queries: Any) -> None:
    study, client = factories.study(weights=factories.weights(sampler="srdiff", name="some")), Client()
    item = factories.item(study)
    factories.pool(item)
    for number in range(10):
        factories.more(item, 2, factories.weights(sampler="srdiff", name=f"other {number}"))
    client.force_login(study.memberships.get().user)
    with django_assert_max_num_queries(12):
        assert client.get(f"/studies/{study.pk}/items/{item.pk}/{path}").status_code == 200


def test_who_asks_is_looked_up_once() -> None:
    """For the language of the page, and for the page."""
    study, client = factories.open_study_with_pool(items=2), Client()
    client.post(reverse("studies:welcome", args=[study.slug]))
    for name in ("welcome", "trial", "my-data"):
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(f"studies:{name}", args=[study.slug]))
        assert sum('"token_sha256" =' in query["sql"] for query in captured) == 1, name


def test_a_ballot_and_the_next_trial_take_few_queries() -> None:
    study, client = factories.open_study_with_pool(items=2, ask_label=False, labels=[]), Client()
    factories.vote_all(study, [0])
    client.post(reverse("studies:welcome", args=[study.slug]))
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(
            reverse("studies:ballot", args=[study.slug, 1]),
            {
                "submission_id": str(uuid.uuid4()),
                "label": "",
                "positions": [0, 1],
                "observation": '{"picking_ms": 900}',
            },
            headers={"HX-Request": "true"},
        )
    assert "Image 2 of 2" in answer.content.decode()
    assert len(captured) <= 15, [query["sql"][:80] for query in captured]
