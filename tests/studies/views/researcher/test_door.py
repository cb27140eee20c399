"""The front page, signing in by name and password, and the one-time sign-in link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from studies.services import sign_in
from tests.studies import factories


def signed_in(client: Client) -> bool:
    return client.get(reverse("studies:list")).status_code == 200


def test_front_page_tells_strangers_what_this_is(db: None, client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert reverse("studies:sign-in-form") in page.content.decode()


def test_front_page_leads_researchers_to_their_studies(browser_of_ada: Client) -> None:
    assert browser_of_ada.get("/").url == reverse("studies:list")


PASSWORD = "a long enough secret"
SIGN_IN = "/sign-in/"


@pytest.fixture
def three(ada: User) -> dict[str, User]:
    """A researcher without any right in admin, the person who runs the site, and somebody who has left."""
    grace, left = factories.user("grace", is_staff=True, is_superuser=True), factories.user("left", is_active=False)
    people = {"ada": ada, "grace": grace, "left": left}
    for user in people.values():
        user.set_password(PASSWORD)
        user.save()
    return people


def enter(name: str, password: str = PASSWORD, **data: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(SIGN_IN, {"username": name, "password": password, **data})


def test_three_people_sign_in_by_name(three: dict[str, User]) -> None:
    factories.study(owner=three["ada"], name="Ada's digits")
    for name, admin_status in (("ada", 302), ("grace", 200)):
        client, answer = enter(name)
        assert answer.url == reverse("studies:list")
        assert "Ada&#x27;s digits" in client.get(answer.url).content.decode()
        assert client.get(reverse("admin:index")).status_code == admin_status
    client, answer = enter("left")
    assert answer.status_code == 200
    assert "Please enter a correct username and password" in answer.content.decode()
    assert not signed_in(client)


def test_signing_in_leads_back_but_never_to_another_site(three: dict[str, User]) -> None:
    study = factories.study(owner=three["ada"])
    asked = Client().get(study.get_absolute_url())
    assert asked.url == f"{SIGN_IN}?next={study.get_absolute_url()}"
    assert f'name="next" value="{study.get_absolute_url()}"' in Client().get(asked.url).content.decode()
    assert enter("ada", next=study.get_absolute_url())[1].url == study.get_absolute_url()
    assert enter("ada", next="https://elsewhere.example/")[1].url == reverse("studies:list")


def test_the_sign_in_page_is_of_no_use_to_who_is_signed_in(browser_of_ada: Client) -> None:
    assert browser_of_ada.get(SIGN_IN).url == reverse("studies:list")


def test_guessing_a_password_locks_that_name_only(three: dict[str, User]) -> None:
    for _ in range(5):
        client, answer = enter("ada", "a wrong password")
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert "Too many wrong passwords" in answer.content.decode()
    client, answer = enter("ada")
    assert answer.status_code == 429
    assert not signed_in(client)
    assert enter("grace")[1].status_code == 302


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
