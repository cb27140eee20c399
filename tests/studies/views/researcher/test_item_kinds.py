"""What an image is for, said on its page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studies.models import Item, Kind, Role, Study, StudyMembership
from tests.studies import factories


@pytest.fixture
def item(ada: User) -> Item:
    return factories.item(factories.study(owner=ada), name="seven")


def address(item: Item) -> str:
    return f"/studies/{item.study_id}/items/{item.pk}/"


def test_it_works(browser_of_ada: Client, item: Item) -> None:
    assert 'name="kind"' in browser_of_ada.get(address(item)).content.decode()
    sent = {"kind": "practice", "expected_label": "5", "feedback": "Look at the tail."}
    answer = browser_of_ada.post(f"{address(item)}kind/", sent, follow=True)
    assert "“seven” is now: practice" in answer.content.decode()
    assert "Look at the tail." in answer.content.decode()
    item.refresh_from_db()
    assert (item.kind, item.expected_label) == (Kind.PRACTICE, "5")
    assert ">practice<" in browser_of_ada.get(f"/studies/{item.study_id}/").content.decode(), "on the study's page"


def test_a_refusal_stands_above_what_was_sent(browser_of_ada: Client, item: Item) -> None:
    answer = browser_of_ada.post(f"{address(item)}kind/", {"kind": "attention", "expected_label": ""})
    assert answer.status_code == 400
    assert "An attention check needs the label that is right" in answer.content.decode()
    assert '<option value="attention" selected>' in answer.content.decode()
    item.refresh_from_db()
    assert item.kind == Kind.MAIN


def test_once_people_have_started_it_is_only_told(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada, items=2)
    item = study.items.first()
    Item.objects.filter(pk=item.pk).update(kind=Kind.ATTENTION, expected_label="6")
    page = browser_of_ada.get(address(item)).content.decode()
    assert 'name="kind"' not in page
    assert "<dt>Right label</dt><dd>6</dd>" in page
    assert browser_of_ada.post(f"{address(item)}kind/", {"kind": "main"}).status_code == 400
    assert Item.objects.get(pk=item.pk).kind == Kind.ATTENTION


@pytest.mark.parametrize("role", [Role.VIEWER, None])
def test_others_change_nothing(item: Item, role: Role | None) -> None:
    client, user = Client(), factories.user()
    if role:
        StudyMembership.objects.create(study=item.study, user=user, role=role)
    client.force_login(user)
    assert client.post(f"{address(item)}kind/", {"kind": "practice"}).status_code == 404
    if role:
        assert 'name="kind"' not in client.get(address(item)).content.decode()
    assert Study.objects.get().items.get().kind == Kind.MAIN
