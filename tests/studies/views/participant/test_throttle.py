"""A robot must not fill a study: so many people an hour from one address, and no address is kept."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory

from studies.models import Participant, Study
from studies.services.people import invitations
from studies.views.participant import throttle
from tests.conftest import missing
from tests.studies import factories
from tests.studies.views.participant.test_doors import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_an_hour(settings: Any) -> None:
    settings.TRUSTSR_ENROLMENTS_PER_HOUR = 3


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool()


def come(study: Study, address: str = "192.0.2.1", **headers: str) -> Any:
    return Client().post(f"/s/{study.slug}/", REMOTE_ADDR=address, headers=headers)


def test_too_many_are_told_when_to_come_back(study: Study) -> None:
    assert [come(study).status_code for _ in range(5)] == [303, 303, 303, 429, 429]
    answer = come(study)
    assert answer["Retry-After"] == "3600"
    assert "try again in an hour" in answer.content.decode()
    assert Participant.objects.count() == 3


def test_other_addresses_and_other_studies_are_not_concerned(study: Study) -> None:
    for _ in range(4):
        come(study)
    assert come(study, "192.0.2.2").status_code == 303
    assert come(factories.open_study_with_pool()).status_code == 303


def test_who_takes_part_already_and_personal_links_are_not_counted(study: Study) -> None:
    person = Client()
    for _ in range(5):
        assert person.post(f"/s/{study.slug}/").status_code == 303
    for made in invitations.make(study, 5):
        visitor = Visitor(study)
        visitor.arrive(f"/i/{invitations.key(made)}/")
    assert Participant.objects.count() == 6


@pytest.mark.parametrize(
    ("proxies", "told", "found"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "made-up, 203.0.113.9", "203.0.113.9"),
        (2, "made-up, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "", "192.0.2.1"),
        (2, "203.0.113.9", "192.0.2.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings: Any, proxies: int, told: str, found: str) -> None:
    settings.TRUSTSR_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": told})
    assert throttle.address(request) == found


@pytest.mark.services
def test_processes_that_share_a_redis_count_together(study: Study, settings: Any) -> None:
    url = os.environ.get("CELERY_BROKER_URL", "")
    if not url.startswith("redis"):
        missing("needs a Redis server as CELERY_BROKER_URL")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
    name = f"enrolments:{study.slug}:{throttle._digest('192.0.2.1')}"
    try:
        assert [come(study).status_code for _ in range(4)] == [303, 303, 303, 429]
        assert cache.get(name) == 4
        assert 3500 < cache._cache.get_client(None).ttl(cache.make_key(name)) <= 3600  # type: ignore[attr-defined]
    finally:
        cache.delete(name)


def test_no_address_is_kept(study: Study) -> None:
    come(study)
    assert not any("192.0.2" in str(key) + str(value) for key, value in cache._cache.items())  # type: ignore[attr-defined]
    assert "192.0.2" not in str(list(Participant.objects.values()))
