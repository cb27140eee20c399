"""The same person on two devices: neither undoes nor misreads what the other knows of a trial: 1.15 (4), (6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from studies.models import Observation, Trial
from tests.browser.conftest import HIDE, Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]


def second_device(voter: Voter, page: Page) -> Voter:
    """At the same trial, as by the same personal link."""
    cookies: Any = voter.page.context.cookies()
    page.context.add_cookies(cookies)
    page.goto(f"{voter.url}trial/")
    other = Voter(page, Trial.objects.get().participant.study)
    other.loaded()
    return other


@pytest.fixture
def voter(new_page: NewPage) -> Voter:
    """With one pick, which is stored."""
    someone = Voter(new_page(), factories.open_study_with_pool(ask_label=False, labels=[]))
    someone.consent()
    someone.loaded()
    with someone.page.expect_response("**/draft/"):
        someone.pick(7)
    return someone


def test_a_device_put_away_does_not_undo_what_another_has_picked_since(voter: Voter, new_page: NewPage) -> None:
    other = second_device(voter, new_page())
    with other.page.expect_response("**/draft/"):
        other.pick(2)
    voter.page.evaluate(HIDE, True)
    voter.page.wait_for_timeout(500)
    voter.page.close()
    assert Trial.objects.get().draft == [7, 2]


def test_a_screen_of_another_ratio_is_a_change_of_ratio(voter: Voter, new_page: NewPage) -> None:
    other = second_device(voter, new_page(device_scale_factor=2))
    other.send()
    other.page.get_by_role("heading", name="Thank you").wait_for()
    seen = Observation.objects.get()
    assert (seen.pixel_ratio, seen.ratio_changes) == (1, 1)
    assert [value for _ms, kind, value in seen.events if kind == "ratio"] == [2]
