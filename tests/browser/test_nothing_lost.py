"""Reloads, tabs, devices, double clicks, lost connections, sleep: picks stay, a ballot is given once: 1.15 (1), (6)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from studies.models import Ballot, Observation, Participant, Study, Trial
from studies.services.design import question_text
from studies.services.screens.viewing import Rules
from tests.browser.conftest import HIDE, Voter
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


def kept_picks() -> list[int]:
    return list(Ballot.objects.get().picks.order_by("rank").values_list("position", flat=True))


def test_a_ballot_sent_without_connection_goes_by_itself_when_it_is_back(voter: Voter) -> None:
    voter.pick(3)
    voter.page.context.set_offline(True)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("No connection. Your picks are kept on this device")
    assert voter.picked() == [3]
    voter.page.context.set_offline(False)
    voter.page.get_by_text("Image 2 of 2").wait_for()
    expect(voter.page.locator("#message")).to_be_empty()
    assert kept_picks() == [3]


def test_a_browser_that_does_not_say_it_is_back_tries_now_and_then(voter: Voter) -> None:
    voter.page.route("**/ballot/", lambda route: route.abort())
    voter.pick(3)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("sent by themselves")
    voter.page.unroute("**/ballot/")
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert kept_picks() == [3]


def test_a_ballot_survives_the_tab_it_was_sent_from(voter: Voter, new_page: NewPage, study: Study) -> None:
    """Sent without connection, then the tab is closed: on coming back it is sent, as the same ballot."""
    sent: list[str] = []
    context = voter.page.context
    context.on("request", lambda request: sent.append(request.post_data or "") if "/ballot/" in request.url else None)
    voter.pick(3, 5)
    context.set_offline(True)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("No connection")
    voter.page.close()
    context.set_offline(False)
    returned = Voter(new_page(context=context), study)
    returned.page.goto(f"{returned.url}trial/")
    returned.page.get_by_text("Image 2 of 2").wait_for()
    assert kept_picks() == [3, 5]
    assert len({re.search("submission_id=([^&]+)", body).group(1) for body in sent}) == 1


def test_other_picks_than_those_on_their_way_are_another_ballot(voter: Voter) -> None:
    voter.pick(3)
    voter.page.context.set_offline(True)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("No connection")
    voter.pick(4)
    voter.page.context.set_offline(False)
    voter.page.wait_for_timeout(500)
    assert not Ballot.objects.exists()
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert kept_picks() == [3, 4]


def test_a_label_given_without_connection_goes_by_itself(new_page: NewPage, study: Study) -> None:
    voter = Voter(new_page(), study)
    voter.consent()
    voter.page.locator("[data-low-res-text]").wait_for(state="hidden")
    voter.page.context.set_offline(True)
    voter.page.get_by_role("button", name="6", exact=True).click()
    expect(voter.page.get_by_role("alert")).to_contain_text("No connection. Your answer is sent by itself")
    voter.page.context.set_offline(False)
    voter.loaded()
    assert Trial.objects.get(number=1).label == "6"


def test_picks_made_without_connection_reach_the_server_when_it_is_back(voter: Voter) -> None:
    voter.page.context.set_offline(True)
    voter.pick(7, 2)
    voter.page.wait_for_timeout(600)
    assert Trial.objects.get(number=1).draft == []
    with voter.page.expect_response("**/draft/"):
        voter.page.context.set_offline(False)
    assert Trial.objects.get(number=1).draft == [7, 2]


def test_picks_made_without_connection_outlive_the_tab(voter: Voter, new_page: NewPage, study: Study) -> None:
    context = voter.page.context
    context.set_offline(True)
    voter.pick(7, 2)
    voter.page.close()
    context.set_offline(False)
    returned = Voter(new_page(context=context), study)
    returned.page.goto(f"{returned.url}trial/")
    returned.loaded()
    assert returned.picked() == [7, 2]


def test_another_device_goes_on_where_the_first_one_was(voter: Voter, new_page: NewPage, study: Study) -> None:
    """1.15 (6): the same participant, on any device."""
    with voter.page.expect_response("**/draft/"):
        voter.pick(7, 2)
    other = Voter(new_page(360, 740), study)
    other.page.context.add_cookies(voter.page.context.cookies())
    other.page.goto(f"{other.url}trial/")
    other.loaded()
    assert other.picked() == [7, 2]
    other.pick(4)
    other.send()
    other.page.get_by_text("Image 2 of 2").wait_for()
    voter.send()
    alert = voter.page.get_by_role("alert")
    expect(alert).to_contain_text("You have already answered this one")
    alert.get_by_role("link", name="Go on").click()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert kept_picks() == [7, 2, 4]


def test_two_people_at_one_browser_do_not_inherit_picks(voter: Voter, new_page: NewPage, study: Study) -> None:
    voter.page.context.set_offline(True)
    voter.pick(7)
    voter.page.context.clear_cookies()
    voter.page.context.set_offline(False)
    second = Voter(new_page(context=voter.page.context), study)
    second.consent()
    second.label("6")
    assert second.picked() == []


def test_nothing_stays_in_the_browser_once_it_is_sent(voter: Voter) -> None:
    voter.pick(3)
    kept = "() => Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"
    assert voter.page.evaluate(kept) == 1
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert voter.page.evaluate(kept) == 0


def test_the_way_back_leads_on_again(voter: Voter) -> None:
    voter.pick(1)
    voter.page.go_back()
    voter.page.get_by_role("link", name="Continue where you left off").click()
    voter.loaded()
    assert voter.picked() == [1]


def test_a_reload_keeps_what_was_said_of_the_picks(new_page: NewPage) -> None:
    study = factories.open_study_with_pool(
        items=2, page_size=6, ask_confidence=True, region="grid", see_all_pages=False
    )
    voter = Voter(new_page(), study)
    voter.consent()
    voter.label("5")
    voter.page.get_by_role("button", name="Next", exact=True).click()
    voter.pick(7)
    review = voter.page.locator("[data-forward]")
    review.click()
    voter.page.get_by_role("checkbox", name="Row 1, column 2", exact=True).click()
    voter.page.get_by_role("radio", name="4").check()
    voter.page.reload()
    voter.loaded()
    expect(voter.candidate(7)).to_have_attribute("aria-pressed", "true")
    review.click()
    expect(voter.page.get_by_role("checkbox", name="Row 1, column 2", exact=True)).to_be_checked()
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    ballot = Ballot.objects.get()
    assert (ballot.confidence, ballot.region["cells"]) == (4, [1])


def test_another_device_knows_what_was_said_of_the_picks(new_page: NewPage) -> None:
    """1.15 (6): how sure, and the part that decided."""
    study = factories.open_study_with_pool(items=2, ask_confidence=True, region="grid")
    voter = Voter(new_page(), study)
    voter.consent()
    voter.label("5")
    voter.pick(7)
    voter.page.locator("[data-forward]").click()
    voter.page.get_by_role("checkbox", name="Row 1, column 2", exact=True).click()
    with voter.page.expect_response("**/draft/"):
        voter.page.get_by_role("radio", name="4").check()
    other = Voter(new_page(360, 740), study)
    other.page.context.add_cookies(voter.page.context.cookies())
    other.page.goto(f"{other.url}trial/")
    other.loaded()
    other.page.locator("[data-forward]").click()
    other.send()
    other.page.get_by_text("Image 2 of 2").wait_for()
    ballot = Ballot.objects.get()
    assert (ballot.confidence, ballot.region["cells"]) == (4, [1])


QUESTIONS = """\
[age] How old are you? *
number 18 to 99

[glasses] Do you wear glasses?
- no
- yes

[remarks] Anything else?
"""


def test_answers_to_the_questions_outlive_another_language_a_pause_and_a_reload(new_page: NewPage) -> None:
    study = factories.open_study_with_pool(ask_label=False, questionnaire=question_text.parse(QUESTIONS))
    page = new_page()
    voter = Voter(page, study)
    voter.consent()
    voter.loaded()
    voter.pick(1)
    voter.send()
    age, glasses, remarks = page.locator("#question-age"), page.get_by_label("yes"), page.locator("textarea")
    age.fill("44")
    glasses.check()
    remarks.fill("Ça va")

    def still_there() -> None:
        expect(age).to_have_value("44")
        expect(glasses).to_be_checked()
        expect(remarks).to_have_value("Ça va")

    page.get_by_role("button", name="Deutsch").click()
    page.locator("html[lang=de]").wait_for()
    still_there()
    page.get_by_role("button", name="English").click()
    page.locator("html[lang=en]").wait_for()
    page.get_by_role("link", name="Pause or withdraw").click()
    page.get_by_role("link", name="Continue where you left off").click()
    still_there()
    page.reload()
    still_there()
    # Somebody else at the same tab.
    page.context.clear_cookies()
    voter.consent()
    voter.loaded()
    voter.pick(1)
    voter.send()
    expect(age).to_have_value("")
    age.fill("50")
    page.get_by_role("button", name="Send and finish").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    kept = "() => Object.keys(sessionStorage).filter((key) => key.startsWith('filled:')).length"
    assert page.evaluate(kept) == 1  # of the first one, who did not send
    assert Participant.objects.latest("pk").questionnaire.values == {"age": 50}


def test_answers_to_the_screen_check_outlive_another_language(new_page: NewPage) -> None:
    page = new_page()
    voter = Voter(page, factories.open_study_with_pool(viewing=Rules(brightness=True).as_mapping()))
    voter.consent()
    page.locator("#dark").select_option("3")
    page.get_by_role("button", name="Français").click()
    page.locator("html[lang=fr]").wait_for()
    expect(page.locator("#dark")).to_have_value("3")


def test_what_was_observed_goes_on_after_a_reload(voter: Voter) -> None:
    voter.page.wait_for_timeout(400)
    voter.pick(1)
    voter.page.reload()
    voter.loaded()
    voter.page.wait_for_timeout(400)
    voter.pick(2)
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    seen = Observation.objects.get()
    assert [event[1:] for event in seen.events if event[1] == "pick"] == [["pick", 1], ["pick", 2]]
    assert [event[0] for event in seen.events] == sorted(event[0] for event in seen.events)
    assert min(seen.exposure_ms) >= 700
    assert seen.picking_ms >= 800


# Sleep


@pytest.mark.parametrize("told", [True, False], ids=["in the background", "with its lid shut"])
def test_a_device_that_slept_for_an_hour_has_lost_nothing(new_page: NewPage, study: Study, told: bool) -> None:
    page = new_page(360, 740)
    page.clock.install()
    voter = Voter(page, study)
    voter.consent()
    voter.label("5")
    voter.pick(4)
    if told:
        page.evaluate(HIDE, True)
    page.clock.fast_forward("01:00:00")
    if told:
        page.evaluate(HIDE, False)
    voter.pick(2)
    assert voter.picked() == [4, 2]
    voter.send()
    page.get_by_text("Image 2 of 2").wait_for()
    assert kept_picks() == [4, 2]
    seen = Observation.objects.get()
    assert 3_580_000 < seen.hidden_ms < 3_700_000
    assert max(seen.exposure_ms) < 60_000


def test_a_page_that_was_frozen_goes_on(voter: Voter) -> None:
    voter.pick(4)
    session = voter.page.context.new_cdp_session(voter.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    time.sleep(1)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    voter.pick(2)
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert kept_picks() == [4, 2]


def test_a_robot_that_previews_the_link_is_nobody(new_page: NewPage, study: Study) -> None:
    """1.15 (6): GET and HEAD, with and without following where they lead, enrol nobody."""
    robot = new_page(user_agent="Slackbot-LinkExpanding 1.0").request
    for path in ("", "trial/", "thanks/"):
        assert robot.get(f"/s/{study.slug}/{path}").ok
        assert robot.head(f"/s/{study.slug}/{path}").ok
    assert not Participant.objects.exists()


# Answers that do not come


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
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert Ballot.objects.count() == 1


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(voter: Voter) -> None:
    """A connection that is there and says nothing: after some time the ballot is sent again, as the same one."""
    hanging: list[Route] = []
    voter.page.route("**/ballot/", lambda route: hanging.append(route))
    voter.page.locator("#ballot").evaluate("form => form.setAttribute('hx-request', '{\"timeout\": 300}')")
    voter.pick(3)
    voter.send()
    expect(voter.page.get_by_role("alert")).to_contain_text("No connection. Your picks are kept on this device")
    expect(voter.page.locator("[data-send]")).to_be_enabled()
    assert len(hanging) == 1
    voter.page.unroute("**/ballot/")
    voter.page.locator("#ballot").evaluate("form => form.removeAttribute('hx-request')")
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert kept_picks() == [3]


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
    page.route("**/candidates.bin?*", harm)
    page.get_by_role("button", name="5", exact=True).click()
    expect(page.locator("[data-pool-status]")).to_contain_text("The candidates could not be loaded.")
    expect(page.locator(".candidate")).to_have_count(0)
    page.unroute("**/candidates.bin?*")
    page.get_by_role("button", name="Retry").click()
    voter.loaded()
    expect(page.locator(".candidate")).to_have_count(12)
