"""POST: by the same services as the pages, with the same roles and the same sentences."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from inference.core.images import encode_png
from inference.models import LowResImage
from studies.models import GroundTruth, Role, Study, StudyState
from tests.conftest import Sent
from tests.inference.core.test_images import REFUSED
from tests.studies import factories
from tests.studies.api.conftest import People, client_of, people_of

NEW: dict[str, Any] = {
    "name": "Digits",
    "question": "Which digit is this?",
    "labels": ["5", "6"],
    "consent_text": "I agree.",
    "pool_size": 8,
    "max_picks": 2,
    "ensemble_size": 3,
    "weights": "tiny/grey",
}


def png(side: int = 8) -> SimpleUploadedFile:
    return SimpleUploadedFile("five.png", encode_png(factories.pixels(side)), "image/png")


@pytest.fixture
def draft(db: None, tiny: object) -> Study:
    """A draft that its owner made by the API."""
    owner = factories.user()
    answer = client_of(owner).post("/api/studies/", NEW, format="json")
    assert answer.status_code == 201, answer.content
    return Study.objects.get(pk=answer.json()["id"])


@pytest.fixture
def drafters(draft: Study) -> People:
    return people_of(draft)


def test_a_study_in_another_language(db: None, tiny: object) -> None:
    client = client_of(factories.user())
    answer = client.post("/api/studies/", NEW | {"language": "de"}, format="json")
    assert (answer.status_code, answer.json()["language"]) == (201, "de")
    assert client.post("/api/studies/", NEW | {"language": "xx"}, format="json").status_code == 400


def test_creating_a_study_makes_its_owner(draft: Study) -> None:
    assert draft.state == StudyState.DRAFT
    assert str(draft.weights) == "tiny/grey"
    assert draft.memberships.get().role == Role.OWNER


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("max_picks", 9, "9 of 8"),
        ("ensemble_size", 9, "9"),
        ("weights", "tiny/none", "tiny/none"),
        ("labels", [], "two labels"),
        ("labels", ["5", ""], ""),
        ("labels", ["5", "5 "], "more than once"),
    ],
)
def test_a_study_that_cannot_be_is_refused_in_words(
    db: None, tiny: object, field: str, value: object, words: str
) -> None:
    answer = client_of(factories.user()).post("/api/studies/", NEW | {field: value}, format="json")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Study.objects.exists()


def test_nobody_creates_without_signing_in(db: None, tiny: object) -> None:
    assert client_of(None).post("/api/studies/", NEW, format="json").status_code == 403


def test_a_session_without_csrf_token_writes_nothing(db: None, tiny: object) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(factories.user())
    assert client.post("/api/studies/", NEW, format="json").status_code == 403
    assert not Study.objects.exists()


def test_an_editor_uploads_an_item(draft: Study, drafters: People) -> None:
    answer = drafters.editor.post(f"/api/studies/{draft.pk}/items/", {"file": png(), "name": "a five"})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["name"], answer.json()["width"], answer.json()["has_truth"]) == ("a five", 8, False)
    assert draft.items.count() == 1


def test_an_item_may_bring_its_truth(draft: Study, drafters: People) -> None:
    answer = drafters.owner.post(f"/api/studies/{draft.pk}/items/", {"file": png(8), "truth": png(32)})
    assert answer.json()["has_truth"] is True


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "empty"])
def test_a_bad_upload_is_refused_in_words_and_nothing_is_stored(draft: Study, drafters: People, name: str) -> None:
    data, sentence = REFUSED[name]
    file = SimpleUploadedFile("x.png", data)
    answer = drafters.owner.post(f"/api/studies/{draft.pk}/items/", {"file": file})
    assert answer.status_code == 400
    assert re.search(sentence, answer.json()["detail"])
    assert answer.json()["detail"].endswith(".")
    assert not draft.items.exists()
    assert not LowResImage.objects.exists()


def test_a_truth_that_does_not_fit_is_refused_with_its_image(draft: Study, drafters: People) -> None:
    answer = drafters.owner.post(f"/api/studies/{draft.pk}/items/", {"file": png(8), "truth": png(31)})
    assert answer.status_code == 400
    assert "31 x 31 pixels" in answer.json()["detail"]
    assert not draft.items.exists()
    assert not GroundTruth.objects.exists()
    assert not LowResImage.objects.exists()


def test_drawing_asks_a_worker_and_tells_how_far_it_is(draft: Study, drafters: People, run_tasks: Any) -> None:
    drafters.owner.post(f"/api/studies/{draft.pk}/items/", {"file": png()})
    answer = drafters.editor.post(f"/api/studies/{draft.pk}/draw/")
    assert answer.status_code == 202, answer.content
    assert (answer.json()["done"], answer.json()["total"]) == (0, 8)
    run_tasks()
    assert drafters.viewer.get(f"/api/studies/{draft.pk}/progress/").json()["done"] == 8


def test_drawing_nothing_is_refused_in_words(draft: Study, drafters: People, sent: Sent) -> None:
    answer = drafters.owner.post(f"/api/studies/{draft.pk}/draw/")
    assert answer.status_code == 409
    assert "add at least one" in answer.json()["detail"]


def test_open_and_close(draft: Study, drafters: People, run_tasks: Any) -> None:
    refused = drafters.owner.post(f"/api/studies/{draft.pk}/open/")
    assert refused.status_code == 409
    assert "no items" in refused.json()["detail"]
    drafters.owner.post(f"/api/studies/{draft.pk}/items/", {"file": png()})
    drafters.owner.post(f"/api/studies/{draft.pk}/draw/")
    run_tasks()
    assert drafters.editor.post(f"/api/studies/{draft.pk}/open/").json()["state"] == "open"
    assert drafters.editor.post(f"/api/studies/{draft.pk}/close/").json()["state"] == "closed"
    assert drafters.editor.post(f"/api/studies/{draft.pk}/close/").status_code == 409
    editor = draft.memberships.get(role=Role.EDITOR).user_id
    assert list(draft.state_changes.values_list("state", "made_by")) == [("open", editor), ("closed", editor)]


@pytest.mark.parametrize("path", ["items/", "draw/", "open/", "close/"])
def test_viewer_and_stranger_get_404_and_change_nothing(path: str, draft: Study, drafters: People) -> None:
    for client in (drafters.viewer, drafters.stranger):
        data = {"file": png()} if path == "items/" else {}
        assert client.post(f"/api/studies/{draft.pk}/{path}", data).status_code == 404
    draft.refresh_from_db()
    assert draft.state == StudyState.DRAFT
    assert draft.items.count() == 0


def test_weights_are_added_and_taken_out(draft: Study, drafters: People) -> None:
    factories.item(draft)
    where = f"/api/studies/{draft.pk}/additions/"
    answer = drafters.editor.post(
        where, {"weights": "tiny/colour", "count": 4, "settings": {"noise": 0.2}}, format="json"
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["weights"], body["count"], body["settings"]["noise"]) == ("tiny/colour", 4, 0.2)
    assert drafters.viewer.get(where).json() == [body]
    assert draft.items.get().jobs.count() == 2
    assert drafters.viewer.delete(f"{where}{body['id']}/").status_code == 404
    assert drafters.editor.delete(f"{where}{body['id']}/").status_code == 204
    assert (draft.additions.count(), draft.items.get().jobs.count()) == (0, 1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weights": "tiny/grey"}, "draw candidates of this study already"),
        ({"count": 1000}, "room for 992 more"),
        ({"settings": {"noise": 7}}, "'noise' must be a number from 0 to 1"),
        ({"weights": "tiny/none"}, "There are no weights 'tiny/none'"),
    ],
)
def test_weights_that_do_not_fit_are_not_added(draft: Study, drafters: People, fields: dict, words: str) -> None:
    sent = {"weights": "tiny/colour", "count": 4, **fields}
    answer = drafters.editor.post(f"/api/studies/{draft.pk}/additions/", sent, format="json")
    assert answer.status_code == 400
    assert words in str(answer.json())
    assert not draft.additions.exists()


@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_others_add_no_weights(draft: Study, drafters: People, who: str) -> None:
    sent = {"weights": "tiny/colour", "count": 4}
    assert getattr(drafters, who).post(f"/api/studies/{draft.pk}/additions/", sent, format="json").status_code == 404
    assert not draft.additions.exists()
