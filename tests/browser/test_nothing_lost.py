"""Reloads, two tabs, double clicks, lost connections: picks stay, and a ballot is given once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from studies.models import Ballot, Participant, Study, Trial
from tests.browser.conftest import Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(items=2)


@pytest.fixture
def voter(new_page: NewPage, study: Study) -> Voter:
    """At the candidates of the first item."""
    someone = Voter(new_page(), study)
    someone.consent()
    someone.label("5")
    return someone


def another_tab(voter: Voter, new_page: NewPage, study: Study) -> Voter:
    other = Voter(new_page(context=voter.page.context), study)
    other.page.goto(voter.page.url)
    other.loaded()
    return other


def test_a_reload_keeps_the_draft(voter: Voter) -> None:
    voter.pick(7, 2)
    voter.page.reload()
    voter.loaded()
    assert voter.picked() == [7, 2]
    assert voter.counter() == "2 of 3 picked"


def test_a_return_by_the_same_link_finds_the_draft(voter: Voter, new_page: NewPage, study: Study) -> None:
    with voter.page.expect_response("**/draft/"):
        voter.pick(7, 2)
    voter.page.close()
    returned = Voter(new_page(context=voter.page.context), study)
    returned.page.goto(returned.url)
    returned.page.get_by_role("link", name="Continue where you left off").click()
    returned.loaded()
    assert returned.picked() == [7, 2]
    assert Trial.objects.get(number=1).draft == [7, 2]


def test_two_tabs(voter: Voter, new_page: NewPage, study: Study) -> None:
    other = another_tab(voter, new_page, study)
    voter.pick(0)
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    other.pick(1)
    other.send()
    alert = other.page.get_by_role("alert")
    expect(alert).to_contain_text("You have already answered this one")
    alert.get_by_role("link", name="Go on").click()
    other.page.get_by_text("Image 2 of 2").wait_for()
    assert list(Ballot.objects.values_list("picks__position", flat=True)) == [0]


def test_a_double_click_sends_one_ballot(voter: Voter) -> None:
    voter.pick(3)
    voter.page.locator("[data-send]").dblclick()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    expect(voter.page.locator("#message")).to_be_empty()
    assert Ballot.objects.count() == 1


def test_a_double_click_on_consent_is_one_participant(new_page: NewPage, study: Study) -> None:
    page = new_page()
    page.goto(f"/s/{study.slug}/")
    page.get_by_role("button", name="I agree, start").dblclick()
    page.wait_for_url("**/trial/")
    assert Participant.objects.count() == 1


def test_a_lost_connection_is_said_and_sending_again_works(voter: Voter) -> None:
    voter.page.route("**/ballot/", lambda route: route.abort())
    voter.pick(3)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("No connection. Nothing is lost")
    assert voter.picked() == [3]
    voter.page.unroute("**/ballot/")
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    expect(voter.page.locator("#message")).to_be_empty()
    assert Ballot.objects.count() == 1


def test_a_lost_answer_does_no_harm(voter: Voter) -> None:
    def swallow(route: Route) -> None:
        route.fetch()
        route.abort()

    voter.page.route("**/ballot/", swallow)
    voter.pick(3)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("No connection")
    assert Ballot.objects.count() == 1
    voter.page.unroute("**/ballot/")
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert Ballot.objects.count() == 1


def test_a_study_that_closes_meanwhile_says_so(voter: Voter) -> None:
    Study.objects.update(state="closed")
    voter.pick(3)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("This study is closed")
    assert not Ballot.objects.exists()


def test_a_server_error_is_said(voter: Voter) -> None:
    voter.page.route("**/ballot/", lambda route: route.fulfill(status=500, body="<html>Server Error</html>"))
    voter.pick(3)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_have_text(
        "The server had a problem. Nothing is lost: please try again in a minute."
    )


@pytest.mark.parametrize("damage", ["refused", "cut short"])
def test_candidates_that_do_not_load_can_be_tried_again(new_page: NewPage, study: Study, damage: str) -> None:
    def harm(route: Route) -> None:
        if damage == "refused":
            route.abort()
        else:
            route.fulfill(body=route.fetch().body()[:-100])

    page = new_page()
    voter = Voter(page, study)
    voter.consent()
    page.route("**/candidates.bin", harm)
    page.get_by_role("button", name="5", exact=True).click()
    expect(page.locator("[data-pool-status]")).to_contain_text("The candidates could not be loaded.")
    expect(page.locator(".candidate")).to_have_count(0)
    page.unroute("**/candidates.bin")
    page.get_by_role("button", name="Retry").click()
    voter.loaded()
    expect(page.locator(".candidate")).to_have_count(12)
