"""Coming in, on one device and on another, and going back to where people came from, in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from studies.models import Participant, RecruiterIdentity, Recruiting, Study
from studies.services.people import invitations
from tests.browser.conftest import Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]

PANEL = "https://panel.example/"
CODES = {"complete": "C0MPLETE-41", "failed_check": "FA1LED-42", "no_consent": "NOC0NSENT-43", "full": "FU11-44"}
FROM_PROLIFIC = "?PROLIFIC_PID=5f1a&STUDY_ID=s1&SESSION_ID=x9"


@pytest.fixture
def study() -> Study:
    made = factories.open_study_with_pool(items=2)
    addresses = {outcome: f"{PANEL}back?cc={code}" for outcome, code in CODES.items()}
    Recruiting.objects.create(study=made, codes=CODES, addresses=addresses)
    return made


@pytest.fixture
def sent_page(browser: Browser, live_server: LiveServer) -> Iterator[tuple[Page, list[Any]]]:
    """A page of somebody whom a panel sent; what is asked of the panel is answered here."""
    context = browser.new_context(base_url=live_server.url)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked: list[Any] = []

    def panel(route: Route) -> None:
        asked.append(route.request)
        route.fulfill(body="<h1>Back at the panel</h1>", content_type="text/html")

    context.route(f"{PANEL}**", panel)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page, asked
    context.close()


def vote(voter: Voter, number: int) -> None:
    voter.page.get_by_text(f"Image {number} of 2").wait_for()
    voter.label("5")
    voter.pick(0)
    voter.send()


def test_from_the_panel_and_back_with_the_code(sent_page: tuple[Page, list[Any]], study: Study) -> None:
    """1.15 (7): everything is stored before anybody is sent back."""
    page, asked = sent_page
    page.goto(f"/s/{study.slug}/{FROM_PROLIFIC}")
    assert "PROLIFIC_PID" not in page.url
    page.get_by_role("button", name="I agree, start").click()
    page.wait_for_url("**/trial/")
    assert RecruiterIdentity.objects.get().external_id == "5f1a"
    for number in (1, 2):
        vote(Voter(page, study), number)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text(CODES["complete"])).to_be_visible()
    assert Participant.objects.get().finished_at is not None
    page.get_by_role("button", name="Copy the code").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == CODES["complete"]
    assert asked == []
    page.get_by_role("link", name="Back to panel.example").click()
    expect(page.get_by_role("heading", name="Back at the panel")).to_be_visible()
    (request,) = asked
    assert request.url == f"{PANEL}back?cc={CODES['complete']}"
    assert "referer" not in request.headers


def test_declining_leads_back_and_stores_nothing(sent_page: tuple[Page, list[Any]], study: Study) -> None:
    page, asked = sent_page
    page.goto(f"/s/{study.slug}/{FROM_PROLIFIC}")
    page.get_by_role("link", name="I do not agree").click()
    expect(page.get_by_role("heading", name="You have not agreed")).to_be_visible()
    expect(page.get_by_text(CODES["no_consent"])).to_be_visible()
    page.get_by_role("link", name="Read the information again").click()
    expect(page.get_by_role("button", name="I agree, start")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Back to panel.example").click()
    expect(page.get_by_role("heading", name="Back at the panel")).to_be_visible()
    assert asked[0].url.endswith(CODES["no_consent"])
    assert not Participant.objects.exists()


def test_a_full_study_gives_its_code_and_lets_people_in_later(sent_page: tuple[Page, list[Any]], study: Study) -> None:
    """1.15 (6): late-comers get a code, not a dead end, and abandoned places return."""
    page, _ = sent_page
    Recruiting.objects.update(quota=1)
    page.goto(f"/s/{study.slug}/{FROM_PROLIFIC}")
    factories.participant(study)
    page.get_by_role("button", name="I agree, start").click()
    expect(page.get_by_role("heading", name="All places are taken")).to_be_visible()
    expect(page.get_by_text(CODES["full"])).to_be_visible()
    expect(page.get_by_role("link", name="Back to panel.example")).to_be_visible()
    Participant.objects.update(last_seen_at=timezone.now() - timedelta(hours=3))
    page.goto(f"/s/{study.slug}/{FROM_PROLIFIC}")
    page.get_by_role("button", name="I agree, start").click()
    page.wait_for_url("**/trial/")
    assert Participant.objects.count() == 2


def test_a_personal_link_on_two_devices(new_page: NewPage, study: Study) -> None:
    """1.15 (6): the token resumes at the first open trial, with the draft, on any device."""
    (made,) = invitations.make(study, 1)
    link = f"/i/{invitations.key(made)}/"
    desk = Voter(new_page(1440, 900), study)
    desk.page.goto(link)
    assert desk.page.url.endswith(desk.url)
    desk.page.get_by_role("button", name="I agree, start").click()
    vote(desk, 1)
    desk.page.get_by_text("Image 2 of 2").wait_for()
    desk.label("5")
    with desk.page.expect_response("**/draft/"):
        desk.pick(3)

    phone = Voter(new_page(360, 740, has_touch=True, is_mobile=True, device_scale_factor=3), study)
    phone.page.goto(link)
    phone.page.get_by_role("link", name="Continue where you left off").tap()
    phone.loaded()
    assert phone.picked() == [3]
    phone.send()
    expect(phone.page.get_by_role("heading", name="Thank you")).to_be_visible()
    desk.page.reload()
    expect(desk.page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Participant.objects.count() == 1


def test_the_code_can_be_taken_without_scripts(browser: Browser, live_server: LiveServer, study: Study) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/s/{study.slug}/no-thanks/")
    code = page.get_by_text(CODES["no_consent"])
    expect(code).to_be_visible()
    expect(page.get_by_role("button", name="Copy the code")).to_be_hidden()
    code.click()  # the whole code is marked at once: user-select
    context.close()


def test_a_changed_consent_is_asked_for_again(new_page: NewPage, study: Study) -> None:
    voter = Voter(new_page(), study)
    voter.consent()
    Study.objects.update(consent_text="There is one more thing to know.")
    voter.page.get_by_role("button", name="5", exact=True).click()
    alert = voter.page.get_by_role("alert")
    expect(alert).to_contain_text("has changed")
    alert.get_by_role("link", name="Go on").click()
    expect(voter.page.get_by_text("There is one more thing to know.")).to_be_visible()
    voter.page.get_by_role("button", name="I agree, go on").click()
    voter.label("5")
    assert Participant.objects.count() == 1


def test_the_researcher_sets_doors_and_makes_links(new_page: NewPage, study: Study, live_server: LiveServer) -> None:
    """On a phone: the pages fit, and what is made there opens the study."""
    from django.test import Client

    client = Client()
    client.force_login(study.memberships.get().user)
    page = new_page(360, 740)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(f"/studies/{study.pk}/doors/")
    page.get_by_label("only people with a personal link").check()
    page.get_by_label("Places").fill("10")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The doors were saved.")).to_be_visible()
    page.get_by_role("link", name="Personal links").click()
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="Make links").click()
    expect(page.get_by_text("not used yet")).to_have_count(2)
    for path in ("participants/", "doors/", "links/"):
        page.goto(f"/studies/{study.pk}/{path}")
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"/studies/{study.pk}/links/print/")
    address = page.locator(".slip-address").first.inner_text()
    stranger = new_page()
    stranger.goto(f"/s/{study.slug}/")
    expect(stranger.get_by_text("by invitation")).to_be_visible()
    stranger.goto(address)
    stranger.get_by_role("button", name="I agree, start").click()
    stranger.wait_for_url("**/trial/")
