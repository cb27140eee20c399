"""Pools on several pages: picks carried along, the last look before sending, and what was on screen for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from studies.models import CANNOT_TELL, Ballot, Observation, Study
from tests.browser.conftest import HIDE, Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]

# The page's own module: static files stand under a path that changes with their content.
POOL = """async () => {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const { Pool } = await import(loaded.find((name) => name.endsWith("/js/pool.js")));
  const { bitmaps, files } = Pool.of(document.querySelector("[data-bundle]").dataset.bundle);
  return [bitmaps.size, files.length];
}"""


def three_pages(**fields: Any) -> Study:
    """Two items of 30 candidates on three pages of ten."""
    return factories.open_study_with_pool(**{"items": 2, "pool_size": 30, "page_size": 10} | fields)


@pytest.fixture
def at(new_page: NewPage) -> Callable[..., Voter]:
    """A voter at the candidates of the first item."""

    def arrive(study: Study, *size: int, **options: Any) -> Voter:
        voter = Voter(new_page(*size, **options), study)
        voter.consent()
        if study.ask_label:
            voter.label("5")
        voter.loaded()
        return voter

    return arrive


def turn(voter: Voter, name: str, page: int) -> None:
    voter.page.get_by_role("button", name=name, exact=True).click()
    on_page(voter, page)


def on_page(voter: Voter, page: int) -> None:
    expect(voter.page.locator("[data-place]")).to_contain_text(f"Page {page} of")
    voter.loaded()


def forward(voter: Voter, name: str) -> None:
    voter.page.locator("[data-forward]", has_text=name).click()


def look_at_all(voter: Voter) -> None:
    for page in (2, 3):
        forward(voter, f"Look at page {page}")
        on_page(voter, page)


# Pages


def test_picks_are_carried_from_page_to_page(at: Callable[..., Voter]) -> None:
    """1.15 (3): pages instead of a long scroll, and the picks of all of them in one ballot."""
    voter = at(three_pages())
    expect(voter.page.locator(".candidate")).to_have_count(10)
    voter.pick(3)
    turn(voter, "Next", 2)
    expect(voter.candidate(3)).to_have_count(0)
    voter.pick(12)
    turn(voter, "Next", 3)
    voter.pick(29)
    assert voter.picked() == [3, 12, 29]
    expect(voter.page.get_by_role("button", name="Next", exact=True)).to_be_disabled()
    turn(voter, "Previous", 2)
    expect(voter.candidate(12)).to_have_attribute("aria-pressed", "true")
    forward(voter, "Review your picks")
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert list(Ballot.objects.get().picks.order_by("rank").values_list("position", flat=True)) == [3, 12, 29]


def test_a_pick_in_the_tray_leads_to_its_page(at: Callable[..., Voter]) -> None:
    voter = at(three_pages())
    voter.pick(3)
    turn(voter, "Next", 2)
    voter.page.get_by_role("button", name="Show candidate 4", exact=True).click()
    on_page(voter, 1)
    expect(voter.candidate(3)).to_be_focused()
    turn(voter, "Next", 2)
    voter.page.get_by_role("button", name="Take back candidate 4").click()
    assert voter.picked() == []
    on_page(voter, 2)


def test_pages_turn_by_keyboard_and_are_announced(at: Callable[..., Voter]) -> None:
    """1.15 (9): by keyboard, with the page said aloud."""
    voter = at(three_pages())
    voter.candidate(0).focus()
    voter.page.keyboard.press("PageDown")
    expect(voter.candidate(10)).to_be_focused()
    expect(voter.page.locator("[data-live]")).to_contain_text("Page 2 of 3")
    voter.page.keyboard.press("End")
    expect(voter.candidate(19)).to_be_focused()
    voter.page.keyboard.press("PageUp")
    expect(voter.candidate(0)).to_be_focused()
    voter.page.keyboard.press("PageUp")
    expect(voter.candidate(0)).to_be_focused()


def test_every_page_is_looked_at_before_picks_are_sent(at: Callable[..., Voter]) -> None:
    """1.15 (3): the button says which pages are still to be looked at, and leads there."""
    voter = at(three_pages())
    voter.pick(1)
    expect(voter.page.locator("[data-send]")).to_be_hidden()
    expect(voter.page.locator("[data-hint]")).to_have_text("Still to look at: page 2, 3.")
    turn(voter, "Next", 2)
    turn(voter, "Next", 3)
    expect(voter.page.locator("[data-forward]")).to_have_text("Review your picks")
    voter.page.reload()
    voter.loaded()
    expect(voter.page.locator("[data-forward]")).to_have_text("Review your picks")


def test_a_study_may_leave_pages_unseen(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(see_all_pages=False))
    expect(voter.page.locator("[data-forward]")).to_be_disabled()
    voter.pick(1)
    forward(voter, "Review your picks")
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert Ballot.objects.get().picks.get().position == 1


def test_who_cannot_tell_may_go_on_without_picks(new_page: NewPage) -> None:
    """1.15 (11)"""
    voter = Voter(new_page(), three_pages(ask_confidence=True))
    voter.consent()
    voter.label("I cannot tell")
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    ballot = Ballot.objects.get()
    assert (ballot.label, ballot.picks.count(), ballot.confidence) == (CANNOT_TELL, 0, None)


@pytest.mark.parametrize("count", [4, 10])
def test_a_single_page_is_sent_at_once(at: Callable[..., Voter], count: int) -> None:
    voter = at(three_pages(pool_size=count))
    expect(voter.page.locator(".candidate")).to_have_count(count)
    expect(voter.page.get_by_role("navigation", name="Pages of candidates")).to_have_count(0)
    voter.pick(count - 1)
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()


# The last look


def test_picks_so_far_can_be_taken_back_before_sending(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(see_all_pages=False))
    voter.pick(1, 2)
    forward(voter, "Review your picks")
    expect(voter.page.get_by_role("heading", name="Your picks so far")).to_be_focused()
    figures = voter.page.locator("[data-review-picks] figure")
    expect(figures).to_have_count(3)
    sizes = figures.locator("canvas").evaluate_all("all => all.map((one) => one.getBoundingClientRect().width)")
    assert len({round(size) for size in sizes}) == 1
    assert sizes[0] > 96
    for number in (2, 3):
        voter.page.get_by_role("button", name=f"Take back candidate {number}").click()
    expect(voter.page.locator("[data-hint]")).to_have_text("Pick 1 or more to go on.")
    expect(voter.page.locator("[data-send]")).to_be_disabled()
    voter.page.get_by_role("button", name="Back", exact=True).click()
    voter.pick(5)
    forward(voter, "Review your picks")
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert Ballot.objects.get().picks.get().position == 5


def test_the_way_back_from_the_review_leads_to_where_one_was(at: Callable[..., Voter]) -> None:
    """1.15 (9): the focus is in sight."""
    voter = at(three_pages(pool_size=40, page_size=40, ask_confidence=True), 360, 740)
    voter.pick(37)
    forward(voter, "Review your picks")
    voter.page.get_by_role("button", name="Back", exact=True).click()
    expect(voter.candidate(37)).to_be_focused()
    expect(voter.candidate(37)).to_be_in_viewport(ratio=1)


def test_picks_of_other_pages_are_shown_in_a_review_that_is_opened_early(at: Callable[..., Voter]) -> None:
    """Their pictures come with the pages that are loaded behind the first one."""
    voter = at(three_pages(see_all_pages=False))
    turn(voter, "Next", 2)
    with voter.page.expect_response("**/draft/"):
        voter.pick(12)
    turn(voter, "Previous", 1)
    waiting: list[Route] = []
    voter.page.route("**/candidates.bin?pages=1-2", lambda route: waiting.append(route))
    voter.page.reload()
    voter.loaded()
    forward(voter, "Review your picks")
    picture = voter.page.locator("[data-review-picks] canvas").nth(1)
    empty = "one => !one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some(Boolean)"
    assert picture.evaluate(empty)
    voter.page.wait_for_timeout(200)
    waiting[0].continue_()
    voter.page.wait_for_timeout(500)
    assert not picture.evaluate(empty)


def test_the_focus_stays_among_the_picks(at: Callable[..., Voter]) -> None:
    """1.15 (9): after one is taken back, and when the window changes."""
    voter = at(three_pages(pool_size=10, ask_confidence=True))
    voter.pick(1, 2, 3)

    def take_back(number: int) -> Any:
        return voter.page.get_by_role("button", name=f"Take back candidate {number}", exact=True)

    take_back(3).press("Enter")
    expect(take_back(4)).to_be_focused()
    voter.page.set_viewport_size({"width": 900, "height": 700})
    voter.page.wait_for_timeout(200)
    expect(take_back(4)).to_be_focused()
    take_back(4).press("Enter")
    expect(take_back(2)).to_be_focused()
    take_back(2).press("Enter")
    expect(voter.candidate(1)).to_be_focused()
    voter.pick(5)
    forward(voter, "Review your picks")
    take_back(6).press("Enter")
    expect(voter.page.get_by_role("heading", name="Your picks so far")).to_be_focused()


def test_confidence_is_asked_before_sending(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(pool_size=10, ask_confidence=True))
    voter.pick(1)
    forward(voter, "Review your picks")
    expect(voter.page.locator("[data-hint]")).to_have_text("Say how sure you are.")
    expect(voter.page.locator("[data-send]")).to_be_disabled()
    voter.page.get_by_role("radio", name="3 – Fairly sure").check()
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    assert Ballot.objects.get().confidence == 3


def review_region(voter: Voter) -> Any:
    voter.pick(1)
    forward(voter, "Review your picks")
    cover = voter.page.locator("[data-region-cover]")
    cover.scroll_into_view_if_needed()
    return cover


def sent_region(voter: Voter) -> Any:
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    return Ballot.objects.get().region


def test_the_part_that_decided_as_squares(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(pool_size=10, region="grid"))
    review_region(voter)
    square = voter.page.get_by_role("checkbox", name="Row 2, column 3", exact=True)
    square.click()
    expect(square).to_be_checked()
    assert square.bounding_box()["width"] >= 24
    for key in ("ArrowRight", "Space", "ArrowDown", "Space", "ArrowLeft", "ArrowUp", "Space"):
        voter.page.keyboard.press(key)
    assert sent_region(voter) == {"kind": "grid", "columns": 8, "rows": 8, "cells": [11, 19]}


def test_the_part_that_decided_is_not_asked_in_earnest(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(pool_size=10, region="grid"))
    review_region(voter)
    voter.page.get_by_role("checkbox", name="Row 1, column 1", exact=True).click()
    voter.page.get_by_role("button", name="Clear").click()
    assert sent_region(voter) == {}


def test_an_outline_drawn_in_one_stroke(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(pool_size=10, region="lasso"))
    box = review_region(voter).bounding_box()
    mouse = voter.page.mouse
    mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    mouse.down()
    for x, y in ((0.75, 0.25), (0.75, 0.75), (0.25, 0.75)):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
    mouse.up()
    region = sent_region(voter)
    assert region["kind"] == "lasso"
    assert len(region["points"]) >= 12
    for axis in zip(*region["points"], strict=True):
        assert (min(axis), max(axis)) == (pytest.approx(0.25, abs=0.02), pytest.approx(0.75, abs=0.02))


def test_a_slow_stroke_is_an_outline_all_the_way_round(at: Callable[..., Voter]) -> None:
    """However many points a mouse reports."""
    voter = at(three_pages(pool_size=10, region="lasso"))
    box = review_region(voter).bounding_box()
    mouse = voter.page.mouse
    mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    mouse.down()
    for x, y in ((0.75, 0.25), (0.75, 0.75), (0.25, 0.75)):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=250)
    mouse.up()
    points = sent_region(voter)["points"]
    assert len(points) <= 300
    for axis in zip(*points, strict=True):
        assert (min(axis), max(axis)) == (pytest.approx(0.25, abs=0.02), pytest.approx(0.75, abs=0.02))


def test_an_outline_needs_no_drag(at: Callable[..., Voter]) -> None:
    """1.15 (9): nothing by dragging alone. Corners by taps, on a telephone."""
    voter = at(three_pages(pool_size=10, region="lasso"), 360, 740, has_touch=True, is_mobile=True)
    cover = review_region(voter)
    box = cover.bounding_box()
    for x, y in ((0.2, 0.2), (0.8, 0.2)):
        cover.tap(position={"x": x * box["width"], "y": y * box["height"]})
    expect(voter.page.locator("[data-hint]")).to_have_text("Set three corners or more, or clear them.")
    expect(voter.page.locator("[data-send]")).to_be_disabled()
    for x, y in ((0.5, 0.8), (0.1, 0.5)):
        cover.tap(position={"x": x * box["width"], "y": y * box["height"]})
    voter.page.get_by_role("button", name="Take the last corner back").tap()
    points = sent_region(voter)["points"]
    assert points == [
        [pytest.approx(x, abs=0.02), pytest.approx(y, abs=0.02)] for x, y in ((0.2, 0.2), (0.8, 0.2), (0.5, 0.8))
    ]


def test_an_outline_by_keyboard(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(pool_size=10, region="lasso"))
    review_region(voter).focus()
    press = voter.page.keyboard.press
    for key in ("Space", "ArrowRight", "ArrowRight", "Enter", "ArrowDown", "Space", "ArrowDown", "Space", "Backspace"):
        press(key)
    expect(voter.page.locator("[data-region-live]")).to_have_text("Corners: 3")
    assert sent_region(voter)["points"] == [[0.5, 0.5], [0.55, 0.5], [0.55, 0.525]]


# What was on screen


def stored_observation(voter: Voter) -> Observation:
    voter.page.get_by_text("Image 2 of 2").wait_for()
    return Observation.objects.get()


def test_exposures_are_those_of_what_was_on_screen(at: Callable[..., Voter]) -> None:
    """1.15 (3): which candidates were really on screen, and for how long."""
    voter = at(three_pages(see_all_pages=False))
    voter.page.wait_for_timeout(300)
    turn(voter, "Next", 2)
    voter.page.wait_for_timeout(600)
    voter.pick(12)
    forward(voter, "Review your picks")
    voter.page.wait_for_timeout(300)
    voter.send()
    seen = stored_observation(voter)
    first, second, third = seen.exposure_ms[:10], seen.exposure_ms[10:20], seen.exposure_ms[20:]
    assert min(first) >= 200
    assert min(second) >= 500
    assert set(third) == {0}
    assert seen.pages[2] == 0
    assert max(second) <= seen.pages[1] <= seen.picking_ms - 300
    assert [event[1:] for event in seen.events if event[1] in ("page", "pick", "review")] == [
        ["page", 1],
        ["pick", 12],
        ["review", None],
    ]


def test_what_is_scrolled_out_of_sight_is_not_on_screen(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(pool_size=40, page_size=40), 360, 740)
    voter.page.wait_for_timeout(400)
    voter.pick(0)
    voter.send()
    seen = stored_observation(voter)
    assert seen.exposure_ms[0] >= 300
    assert seen.exposure_ms[39] == 0


def test_time_in_the_background_is_not_time_on_screen(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(pool_size=10))
    voter.page.evaluate(HIDE, True)
    voter.page.wait_for_timeout(800)
    voter.page.evaluate(HIDE, False)
    voter.page.evaluate("dispatchEvent(new Event('blur'))")
    voter.pick(0)
    voter.send()
    seen = stored_observation(voter)
    assert seen.hidden_ms >= 700
    assert seen.picking_ms >= seen.hidden_ms
    assert max(seen.exposure_ms) <= seen.picking_ms - seen.hidden_ms
    assert seen.focus_losses == 1
    assert [kind for _, kind, _ in seen.events] == ["hide", "show", "blur", "pick"]


def test_the_clocks_of_page_and_server_and_the_window_are_stored(at: Callable[..., Voter]) -> None:
    """1.15 (4): the ratio is logged at the start and on change."""
    voter = at(three_pages(pool_size=10), 1000, 700, device_scale_factor=2)
    voter.page.set_viewport_size({"width": 900, "height": 650})
    voter.pick(0, 1)
    voter.pick(0)
    voter.page.wait_for_timeout(100)
    session = voter.page.context.new_cdp_session(voter.page)
    metrics = {"width": 900, "height": 650, "deviceScaleFactor": 1.25, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    voter.page.wait_for_function("devicePixelRatio === 1.25")
    voter.page.wait_for_timeout(200)
    voter.send()
    seen = stored_observation(voter)
    assert (seen.pixel_ratio, seen.ratio_changes) == (2, 1)
    assert (seen.window_width, seen.window_height) == (900, 650)
    assert seen.label_ms
    assert seen.picking_ms
    assert [event[1:] for event in seen.events if event[1] in ("pick", "unpick", "ratio")] == [
        ["pick", 0],
        ["pick", 1],
        ["unpick", 0],
        ["ratio", 1.25],
    ]
    trial = seen.trial
    assert trial.started_at < trial.labelled_at < trial.ballot.cast_at


# Loading


def requests(page: Page) -> list[str]:
    """Paths of what reaches the server from now on."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url.split("/", 3)[3]))
    return seen


def test_324_candidates_take_few_requests(at: Callable[..., Voter]) -> None:
    study = factories.open_study_with_pool(
        items=2, ask_label=False, labels=[], pool_size=324, page_size=40, max_picks=2
    )
    voter = at(study)
    voter.page.wait_for_load_state("networkidle")
    seen = requests(voter.page)
    voter.page.reload()
    voter.loaded()
    voter.page.wait_for_load_state("networkidle")
    own = [path for path in seen if "/trial/1/candidates.bin" in path]
    assert [path.split("?")[1] for path in own] == ["low=1&pages=0", "pages=1-8"]
    ahead = [path for path in seen if "/trial/2/" in path]
    assert [path.split("?")[1] for path in ahead] == ["low=1&pages=0"]
    assert len([path for path in seen if not path.startswith("static/")]) == 4


def test_the_next_trial_is_there_when_this_one_is_sent(at: Callable[..., Voter]) -> None:
    study = factories.open_study_with_pool(items=2, ask_label=False, labels=[], pool_size=30, page_size=30)
    voter = at(study)
    voter.page.wait_for_load_state("networkidle")
    voter.page.route("**/candidates.bin?*", lambda route: route.abort())
    voter.pick(1)
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    voter.loaded()
    expect(voter.page.locator(".candidate")).to_have_count(30)


def test_no_candidate_of_the_next_trial_is_loaded_before_its_label(at: Callable[..., Voter]) -> None:
    """1.15 (10)"""
    voter = at(three_pages())
    seen = requests(voter.page)
    voter.page.reload()
    voter.loaded()
    voter.page.wait_for_load_state("networkidle")
    # Once, or twice where the page before the reload was still about to ask.
    assert {path.split("?")[1] for path in seen if "/trial/2/" in path} == {"low=1"}


def test_a_page_that_does_not_arrive_whole_is_not_shown(at: Callable[..., Voter], new_page: NewPage) -> None:
    """1.15 (5): what is shown was checked against its sha256."""
    voter = Voter(new_page(), three_pages(ask_label=False, labels=[]))

    def one_bit(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[len(body) // 2] ^= 1
        route.fulfill(body=bytes(body))

    voter.page.route("**/candidates.bin?pages=1-2", one_bit)
    voter.consent()
    voter.loaded()
    voter.page.get_by_role("button", name="Next", exact=True).click()
    status = voter.page.locator("[data-pool-status]")
    expect(status).to_contain_text("The candidates could not be loaded.")
    expect(voter.page.locator("[data-grid]")).to_be_hidden()
    voter.page.unroute("**/candidates.bin?pages=1-2")
    voter.page.get_by_role("button", name="Retry").click()
    on_page(voter, 2)
    expect(voter.candidate(10)).to_be_visible()


def test_only_pages_in_use_stay_decoded(at: Callable[..., Voter]) -> None:
    """A thousand candidates, of which the page, the next one and the picks are in memory as pixels."""
    study = factories.open_study_with_pool(ask_label=False, labels=[], pool_size=1000, page_size=50)
    voter = at(study)
    voter.pick(0)
    for page in range(2, 7):
        turn(voter, "Next", page)
    voter.page.wait_for_timeout(500)
    assert voter.page.evaluate(POOL) == [101, 1000]


def test_a_page_that_does_not_come_can_be_left_for_one_that_is_here(at: Callable[..., Voter]) -> None:
    voter = at(three_pages(ask_label=False, labels=[]))
    voter.page.route("**/candidates.bin?pages=1-2", lambda route: route.abort())
    voter.page.reload()
    voter.loaded()
    voter.pick(3)
    voter.page.get_by_role("button", name="Next", exact=True).click()
    status = voter.page.locator("[data-pool-status]")
    expect(status).to_contain_text("The candidates could not be loaded.")
    voter.page.get_by_role("button", name="Show candidate 4", exact=True).click()
    expect(voter.candidate(3)).to_be_focused()
    expect(status).to_be_hidden()
