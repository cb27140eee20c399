"""Pages for what goes wrong outside any form: a sentence of our own, without a word about the inside."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from studies.models import Item, Participant
from studies.services import enrolment
from tests.studies import factories

pytestmark = pytest.mark.django_db


def assert_says(answer: HttpResponse, status: int, sentence: str) -> None:
    page = answer.content.decode()
    assert (answer.status_code, sentence in page) == (status, True)
    assert "TrustSR" in page
    assert "Traceback" not in page


def test_an_address_that_does_not_exist() -> None:
    assert_says(Client().get("/s/nobody-made-this/"), 404, "There is nothing here")


def test_a_form_without_its_token() -> None:
    study = factories.open_study_with_pool()
    answer = Client(enforce_csrf_checks=True).post(reverse("studies:welcome", args=[study.slug]))
    assert_says(answer, 403, "nothing was changed")
    assert not Participant.objects.exists()


def test_more_files_than_a_form_is_read_for() -> None:
    study = factories.study()
    client = Client()
    client.force_login(study.memberships.get().user)
    files = [SimpleUploadedFile(f"{number}.png", b"x") for number in range(1001)]
    answer = client.post(reverse("studies:items", args=[study.pk]), {"images": files})
    assert_says(answer, 400, "too many files at once")
    assert not Item.objects.exists()


def test_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("SECRET inside")

    study = factories.open_study_with_pool()
    monkeypatch.setattr(enrolment, "enrol", broken)
    answer = Client(raise_request_exception=False).post(reverse("studies:welcome", args=[study.slug]))
    assert_says(answer, 500, "The server had a problem")
    assert b"SECRET" not in answer.content
