"""A screen that changes in the middle of a trial: said in words, covered where the study blocks: 1.15 (4), (8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from studies.models import Observation, Participant
from studies.services.screens.viewing import Rules
from tests.browser.conftest import Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]


def visit(page: Page, on_failure: str) -> Voter:
    """At the candidates, on a screen of ratio 1 that the study allows."""
    rules = Rules(whole_ratio=True, most_ratio=2.0, on_failure=on_failure)
    study = factories.open_study_with_pool(items=2, pool_size=10, ask_label=False, viewing=rules.as_mapping())
    voter = Voter(page, study)
    voter.consent()
    page.get_by_role("button", name="Check and go on").click()
    voter.loaded()
    return voter


def zoom(page: Page, ratio: float) -> None:
    """As browsers do: the same window, with fewer and larger CSS pixels."""
    session = page.context.new_cdp_session(page)
    size = {"width": round(1000 / ratio), "height": round(700 / ratio)}
    metrics = {**size, "deviceScaleFactor": ratio, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    page.wait_for_function("ratio => devicePixelRatio === ratio", arg=ratio)
    page.wait_for_timeout(200)


def test_a_study_that_blocks_covers_the_candidates_until_the_screen_fits_again(new_page: NewPage) -> None:
    voter = visit(new_page(1000, 700), "block")
    page = voter.page
    notice = page.locator("[data-ratio-notice]")
    expect(notice).to_be_hidden()
    voter.pick(3)
    page.get_by_role("button", name="Compare").click()
    zoom(page, 1.25)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("[data-grid]")).to_be_hidden()
    expect(page.locator(".compare-panel")).to_be_hidden()
    told = notice.locator("li:visible")  # the other rule is met
    expect(told).to_have_text(
        "Pixels of your screen for one of this page: 1.25; needed: a whole number, such as 1 or 2."
    )
    expect(notice).to_contain_text("Set the zoom of your browser to 100 %")
    expect(notice).to_be_in_viewport()
    expect(page.locator("[data-live]")).to_contain_text("Your screen does not fit at the moment.")
    page.locator("[data-send]").click(force=True)
    page.wait_for_timeout(800)
    assert not Participant.objects.filter(trials__ballot__isnull=False).exists()
    zoom(page, 2)
    expect(notice).to_be_hidden()
    expect(voter.candidate(3)).to_have_attribute("aria-pressed", "true")
    assert voter.counter() == "1 of 3 picked"
    voter.send()
    page.get_by_text("Image 2 of 2").wait_for()
    seen = Observation.objects.get()
    assert max(seen.exposure_ms) <= seen.picking_ms - 800
    assert seen.ratio_changes == 2


def test_a_study_that_warns_lets_people_go_on(new_page: NewPage) -> None:
    voter = visit(new_page(1000, 700), "warn")
    voter.pick(3)
    zoom(voter.page, 2.5)
    notice = voter.page.locator("[data-ratio-notice]")
    expect(notice).to_contain_text("2.5; needed: at most 2")
    expect(notice).to_contain_text("you may go on all the same")
    expect(voter.candidate(3)).to_be_visible()
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    expect(notice).to_be_visible()
    zoom(voter.page, 1)
    expect(notice).to_be_hidden()
