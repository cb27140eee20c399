"""A preview of one image: the participants' pages for members of a study, whatever its state, and nothing is stored."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from studies.models import Ballot, Participant, Study, StudyState, Trial
from tests.studies import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def study() -> Study:
    """A draft with candidates, owned by ada."""
    made = factories.open_study_with_pool(owner=factories.user("ada"), pool_size=12, page_size=6)
    Study.objects.update(state=StudyState.DRAFT)
    return made


@pytest.fixture
def ada(study: Study) -> Client:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client


def address(study: Study, name: str = "preview") -> str:
    return reverse(f"studies:{name}", args=[study.pk, study.items.get().pk])


def test_it_begins_with_the_label(ada: Client, study: Study) -> None:
    page = ada.get(address(study)).content.decode()
    assert "<strong>Preview.</strong> Nothing is stored." in page
    assert study.question in page
    assert "data-grid" not in page


def test_the_candidates_follow_the_label(ada: Client, study: Study) -> None:
    page = ada.post(address(study), {"label": "5"}, headers=HTMX).content.decode()
    assert 'data-pages="6,6"' in page
    assert "<html" not in page
    pictures = ada.get(address(study, "preview-candidates") + "?low=1&pages=0")
    body = b"".join(pictures.streaming_content)
    assert int.from_bytes(body[:4], "little") == 2 + 6


def test_what_is_sent_goes_nowhere(ada: Client, study: Study) -> None:
    ada.get(address(study))
    ada.post(address(study), {"label": "5"}, headers=HTMX)
    answer = ada.post(address(study, "preview-sent"), {"positions": [1], "submission_id": "x"}, headers=HTMX)
    assert answer.status_code == 403
    assert "nothing is stored" in answer.content.decode()
    assert not Participant.objects.exists()
    assert not Trial.objects.exists()
    assert not Ballot.objects.exists()


def test_it_speaks_the_studys_language(ada: Client, study: Study) -> None:
    Study.objects.update(language="de")
    assert "Ich kann es nicht erkennen" in ada.get(address(study)).content.decode()


def test_there_is_none_before_anything_is_drawn(ada: Client, study: Study) -> None:
    empty = factories.study(owner=study.memberships.get().user)
    item = factories.item(empty)
    assert ada.get(reverse("studies:preview", args=[empty.pk, item.pk])).status_code == 404
    assert "Preview" not in ada.get(reverse("studies:item", args=[empty.pk, item.pk])).content.decode()


def test_the_pages_of_study_and_image_lead_there(ada: Client, study: Study) -> None:
    for page in (study.get_absolute_url(), reverse("studies:item", args=[study.pk, study.items.get().pk])):
        assert f'href="{address(study)}"' in ada.get(page).content.decode()
