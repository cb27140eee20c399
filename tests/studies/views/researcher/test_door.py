"""The front page and the one-time sign-in link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studies.services import sign_in


def signed_in(client: Client) -> bool:
    return client.get(reverse("studies:list")).status_code == 200


def test_front_page_tells_strangers_what_this_is(db: None, client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert reverse("admin:login") in page.content.decode()


def test_front_page_leads_researchers_to_their_studies(browser_of_ada: Client) -> None:
    assert browser_of_ada.get("/").url == reverse("studies:list")


def test_link_signs_in_once(ada: User, client: Client) -> None:
    link = sign_in.make_link_path(ada)
    assert client.post(link).url == reverse("studies:list")
    assert signed_in(client)

    other = Client()
    again = other.post(link)
    assert again.status_code == 410
    assert "used already" in again.content.decode()
    assert not signed_in(other)


def test_looking_at_a_link_changes_nothing(ada: User, client: Client) -> None:
    link = sign_in.make_link_path(ada)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert not signed_in(client)
    assert client.post(link).status_code == 302


def test_link_dies_when_its_user_signs_in_in_the_same_second(ada: User) -> None:
    """Django's own token leaves out the microseconds of last_login."""
    now = timezone.now().replace(microsecond=0)
    User.objects.filter(pk=ada.pk).update(last_login=now)
    ada.refresh_from_db()
    link = sign_in.make_link_path(ada)
    User.objects.filter(pk=ada.pk).update(last_login=now + timedelta(microseconds=5))
    assert Client().get(link).status_code == 410


def test_old_link_is_refused(ada: User, client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    link = sign_in.make_link_path(ada)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert client.get(link).status_code == 410


@pytest.mark.parametrize("token", ["x", "MQ-x", "-", "MQ", "////", "%00-a", "Zg-abc-def"])
def test_invented_links_are_refused(ada: User, client: Client, token: str) -> None:
    answer = client.get(f"/sign-in/{token}/")
    assert answer.status_code in (404, 410)


def test_link_of_a_user_who_has_left_is_refused(ada: User, client: Client) -> None:
    link = sign_in.make_link_path(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert client.post(link).status_code == 410


def test_sign_out(browser_of_ada: Client) -> None:
    assert browser_of_ada.post(reverse("studies:sign-out")).status_code == 302
    assert not signed_in(browser_of_ada)
