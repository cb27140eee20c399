"""Pictures for a study's texts, on the researcher's pages."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from studies.models import Role, Study, StudyMembership
from tests.studies import factories


@pytest.fixture
def study(ada: User) -> Study:
    return factories.study(owner=ada, introduction="![A five](five)")


def upload(name: str = "Five.PNG", mode: str = "L") -> SimpleUploadedFile:
    data = BytesIO()
    Image.new(mode, (9, 9), 40).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue())


def page(browser: Client, study: Study) -> str:
    return browser.get(f"/studies/{study.pk}/pictures/").content.decode()


def test_it_works(browser_of_ada: Client, study: Study) -> None:
    assert "The texts show five, which is not there yet" in page(browser_of_ada, study)
    answer = browser_of_ada.post(f"/studies/{study.pk}/pictures/", {"file": upload(), "name": ""}, follow=True)
    text = answer.content.decode()
    assert "The picture is stored." in text
    assert "![what it shows](five)" in text
    assert "not there yet" not in text
    shown = browser_of_ada.get(f"/studies/{study.pk}/pictures/five.png")
    assert Image.open(BytesIO(shown.content)).size == (9, 9)
    browser_of_ada.post(f"/studies/{study.pk}/pictures/five/remove/")
    assert not study.pictures.exists()


def test_what_cannot_be_used_is_refused_in_one_sentence(browser_of_ada: Client, study: Study) -> None:
    sent = {"file": upload(mode="RGBA"), "name": "x"}
    answer = browser_of_ada.post(f"/studies/{study.pk}/pictures/", sent, follow=True)
    assert "transparency" in answer.content.decode()
    assert browser_of_ada.post(f"/studies/{study.pk}/pictures/", {"name": "x"}).status_code == 400
    assert not study.pictures.exists()


def test_a_colleague_looks_and_a_stranger_finds_nothing(study: Study) -> None:
    factories.picture(study)
    colleague, stranger = Client(), Client()
    viewer = factories.user()
    StudyMembership.objects.create(study=study, user=viewer, role=Role.VIEWER)
    colleague.force_login(viewer)
    stranger.force_login(factories.user())
    assert "five" in page(colleague, study)
    assert "Upload" not in page(colleague, study)
    for address in ("", "five.png"):
        assert colleague.get(f"/studies/{study.pk}/pictures/{address}").status_code == 200
        assert stranger.get(f"/studies/{study.pk}/pictures/{address}").status_code == 404
    for browser in (colleague, stranger):
        assert browser.post(f"/studies/{study.pk}/pictures/", {"file": upload()}).status_code == 404
        assert browser.post(f"/studies/{study.pk}/pictures/five/remove/").status_code == 404
    assert study.pictures.count() == 1
