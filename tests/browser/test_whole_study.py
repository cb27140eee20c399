"""A whole study in Chromium: by mouse, by touch, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from studies.models import CANNOT_TELL, Ballot, Participant, Study
from tests.browser.conftest import Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(items=2, pool_size=30)


def positions(number: int) -> list[int]:
    ballot = Ballot.objects.get(trial__number=number)
    return list(ballot.picks.order_by("rank").values_list("position", flat=True))


def no_sideways_scrolling(page: Page) -> bool:
    return page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_by_mouse(new_page: NewPage, study: Study) -> None:
    voter = Voter(new_page(1440, 900), study)
    voter.consent()
    voter.label("5")
    assert voter.counter() == "0 of 3 picked"
    voter.pick(4, 17, 9)
    assert voter.counter() == "3 of 3 picked"
    assert voter.picked() == [4, 17, 9]
    voter.candidate(17).click()
    voter.send()
    voter.page.get_by_text("Image 2 of 2").wait_for()
    voter.label("I cannot tell")
    voter.send()
    expect(voter.page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert voter.page.url.endswith("/thanks/")
    assert positions(1) == [4, 9]
    assert positions(2) == []
    assert list(Ballot.objects.order_by("trial__number").values_list("label", flat=True)) == ["5", CANNOT_TELL]
    assert Participant.objects.get().finished_at is not None


def test_by_touch_on_a_phone(new_page: NewPage, study: Study) -> None:
    page = new_page(360, 740, has_touch=True, is_mobile=True, device_scale_factor=3)
    voter = Voter(page, study)
    page.goto(voter.url)
    assert no_sideways_scrolling(page)
    page.get_by_role("button", name="I agree, start").tap()
    for number in (1, 2):
        page.get_by_text(f"Image {number} of 2").wait_for()
        page.get_by_role("button", name="6", exact=True).tap()
        voter.loaded()
        assert no_sideways_scrolling(page)
        voter.candidate(0).tap()
        voter.candidate(29).tap()
        expect(page.locator(".compare-panel")).to_be_in_viewport()
        expect(page.locator("[data-counter]")).to_be_in_viewport()
        page.get_by_role("button", name="Compare").tap()
        expect(page.locator(".compare-row figure")).to_have_count(3)
        page.get_by_role("button", name="Close").tap()
        page.locator("[data-send]").tap()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert no_sideways_scrolling(page)
    assert positions(1) == positions(2) == [0, 29]


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not reach it")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_by_keyboard_alone(new_page: NewPage, study: Study) -> None:
    page = new_page()
    voter = Voter(page, study)
    page.goto(voter.url)
    tab_to(page, page.get_by_role("button", name="I agree, start"))
    page.keyboard.press("Enter")
    for number in (1, 2):
        page.get_by_text(f"Image {number} of 2").wait_for()
        tab_to(page, page.get_by_role("button", name="6", exact=True))
        page.keyboard.press("Enter")
        voter.loaded()
        expect(page.get_by_role("heading", name="Pick at most 3")).to_be_focused()
        tab_to(page, voter.candidate(0))
        for key in ("ArrowRight", "ArrowRight", "Space", "End", "Enter", "Home", "ArrowDown", "Space"):
            page.keyboard.press(key)
        below = voter.picked()[2]
        assert voter.picked() == [2, 29, below]
        first, under = voter.candidate(0).bounding_box(), voter.candidate(below).bounding_box()
        assert first["x"] == under["x"]
        assert first["y"] < under["y"]
        page.keyboard.press("Space")
        assert voter.picked() == [2, 29]
        tab_to(page, page.locator("[data-send]"))
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert positions(1) == positions(2) == [2, 29]


@pytest.fixture
def large_study() -> Study:
    """All there is to do in a trial: label, two pages, the part that decided, how sure."""
    return factories.open_study_with_pool(items=2, pool_size=30, page_size=15, ask_confidence=True, region="grid")


def assert_answered(number: int) -> None:
    ballot = Ballot.objects.get(trial__number=number)
    assert positions(number) == [2, 16]
    assert ballot.label == "6"
    assert ballot.confidence == 4
    assert ballot.region == {"kind": "grid", "columns": 8, "rows": 8, "cells": [9]}


def test_everything_by_keyboard_alone(new_page: NewPage, large_study: Study) -> None:
    """1.15 (9): a whole study with pages, review, confidence and region, without a pointer."""
    page = new_page()
    voter = Voter(page, large_study)
    page.goto(voter.url)
    tab_to(page, page.get_by_role("button", name="I agree, start"))
    page.keyboard.press("Enter")
    for number in (1, 2):
        page.get_by_text(f"Image {number} of 2").wait_for()
        tab_to(page, page.get_by_role("button", name="6", exact=True))
        page.keyboard.press("Enter")
        voter.loaded()
        tab_to(page, voter.candidate(0))
        press(page, "ArrowRight", "ArrowRight", "Space", "PageDown")
        expect(voter.candidate(15)).to_be_focused()
        press(page, "ArrowRight", "Space")
        assert voter.picked() == [2, 16]
        tab_to(page, page.get_by_role("button", name="Review your picks"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Your picks so far")).to_be_focused()
        tab_to(page, page.get_by_role("checkbox", name="Row 1, column 1", exact=True))
        press(page, "ArrowRight", "ArrowDown", "Space")
        tab_to(page, page.get_by_role("radio", name="1 – I guessed"))
        press(page, "Space", "ArrowRight", "ArrowRight", "ArrowRight")
        tab_to(page, page.locator("[data-send]"))
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert_answered(1)
    assert_answered(2)


def test_everything_by_touch_on_a_phone(new_page: NewPage, large_study: Study) -> None:
    page = new_page(360, 740, has_touch=True, is_mobile=True, device_scale_factor=3)
    voter = Voter(page, large_study)
    page.goto(voter.url)
    page.get_by_role("button", name="I agree, start").tap()
    for number in (1, 2):
        page.get_by_text(f"Image {number} of 2").wait_for()
        page.get_by_role("button", name="6", exact=True).tap()
        voter.loaded()
        voter.candidate(2).tap()
        page.get_by_role("button", name="Look at page 2").tap()
        voter.candidate(16).tap()
        page.get_by_role("button", name="Review your picks").tap()
        page.get_by_role("checkbox", name="Row 2, column 2", exact=True).tap()
        page.get_by_role("radio", name="4").tap()
        assert no_sideways_scrolling(page)
        page.locator("[data-send]").tap()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert_answered(1)
    assert_answered(2)


def test_no_more_than_k(new_page: NewPage, study: Study) -> None:
    voter = Voter(new_page(), study)
    voter.consent()
    voter.label("5")
    expect(voter.page.locator("[data-send]")).to_be_disabled()
    voter.pick(0, 1, 2, 3)
    assert voter.picked() == [0, 1, 2]
    expect(voter.page.locator("[data-live]")).to_have_text("3 of 3 picked. Take one back first.")
    voter.page.get_by_role("button", name="Take back candidate 1", exact=True).click()
    assert voter.picked() == [1, 2]
    expect(voter.candidate(0)).to_have_attribute("aria-pressed", "false")
    voter.pick(3)
    assert voter.picked() == [1, 2, 3]


def test_exactly_k(new_page: NewPage) -> None:
    voter = Voter(new_page(), factories.open_study_with_pool(ask_label=False, exact_picks=True))
    voter.consent()
    voter.loaded()
    voter.pick(5, 6)
    expect(voter.page.locator("[data-hint]")).to_have_text("Pick 1 more to go on.")
    expect(voter.page.locator("[data-send]")).to_be_disabled()
    voter.pick(7)
    voter.send()
    voter.page.get_by_role("heading", name="Thank you").wait_for()
    assert positions(1) == [5, 6, 7]


def test_withdrawing_asks_first(new_page: NewPage, study: Study) -> None:
    voter = Voter(new_page(), study)
    voter.consent()
    voter.page.get_by_role("link", name="Pause or withdraw").click()
    button = voter.page.get_by_role("button", name="Yes, withdraw my answers")
    expect(button).to_be_hidden()
    voter.page.get_by_text("Withdraw from this study").click()
    button.click()
    voter.page.get_by_role("heading", name="You have withdrawn from this study.").wait_for()
    assert Participant.objects.get().withdrawn_at is not None
