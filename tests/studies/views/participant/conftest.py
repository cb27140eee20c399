"""A person at a browser, seen from the server."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from studies.models import Participant, Study

HTMX = {"HX-Request": "true"}


class Person:
    """A browser of its own at one study; `enter` agrees to the consent."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.client = Client()

    def url(self, name: str, *numbers: int | str) -> str:
        return reverse(f"studies:{name}", args=[self.study.slug, *numbers])

    def get(self, name: str, *numbers: int | str, **options: Any) -> HttpResponse:
        return self.client.get(self.url(name, *numbers), **options)

    def post(self, name: str, *numbers: int | str, htmx: bool = True, **data: Any) -> HttpResponse:
        return self.client.post(self.url(name, *numbers), data, headers=HTMX if htmx else {})

    def enter(self) -> Person:
        assert self.post("welcome", htmx=False).status_code == 303
        return self

    def ballot(self, number: int = 1, *, positions: list[Any], label: str = "5", **options: Any) -> HttpResponse:
        options = {"submission_id": str(uuid.uuid4())} | options
        return self.post("ballot", number, label=label, positions=positions, **options)

    @property
    def row(self) -> Participant:
        """The participant's row; tests with one participant only."""
        return self.study.participants.get()


@pytest.fixture
def arrive(db: None) -> Callable[[Study], Person]:
    """A new person who has agreed to take part."""
    return lambda study: Person(study).enter()
