"""A whole study in Chromium, everything around the images included: by mouse, by keyboard alone, by touch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from studies.models import Item, Kind, Participant, Study, ViewingCheck
from studies.services.design import question_text
from studies.services.screens import checking, patterns
from studies.services.screens.viewing import Rules
from tests.browser.conftest import Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]

QUESTIONS = """\
[age] How old are you? *
number 18 to 99

[glasses] Do you wear glasses?
- no
- yes

[sure] How sure were you? *
scale 1 to 5: unsure, sure

[remarks] Anything else?
"""


@pytest.fixture
def study() -> Study:
    """A practice image, an attention check, a main image, and that once more."""
    rules = Rules(window_width=1000, whole_ratio=True, brightness=True, plates=1, on_failure="block")
    made = factories.open_study_with_pool(
        items=3, pool_size=8, viewing=rules.as_mapping(), introduction="Pick *likely* ones.\n\n![A five](five)",
        questionnaire=question_text.parse(QUESTIONS), repeats=1,
    )  # fmt: skip
    factories.picture(made, "five")
    practice, attention, _ = made.items.all()
    Item.objects.filter(pk=practice.pk).update(kind=Kind.PRACTICE, expected_label="5", feedback="Look at the **tail**.")
    Item.objects.filter(pk=attention.pk).update(kind=Kind.ATTENTION, expected_label="6")
    return made


def look(attempt: int) -> dict[str, str]:
    """What somebody with good eyes and a good screen sees."""
    person = Participant.objects.get()
    seeds = {name: checking.pattern_seed(person, attempt, name) for name in ("dark", "light", "plate-1")}
    return {
        name: patterns.digit(seed) if name == "plate-1" else str(patterns.squares(seed)) for name, seed in seeds.items()
    }


def answer_patterns(page: Page, attempt: int) -> None:
    for name, seen in look(attempt).items():
        page.locator(f"#{name}").select_option(seen)


def vote(voter: Voter, place: str) -> None:
    voter.page.get_by_text(place, exact=True).wait_for()
    voter.label("5")
    voter.pick(0)
    voter.send()


def test_by_mouse(new_page: NewPage, study: Study) -> None:
    """1.15 (8): the check says what is wrong, and is mended. 1.15 (10): nothing tells a check or a repeat."""
    page = new_page(900, 800)
    voter = Voter(page, study)
    voter.consent()
    row = page.locator("[data-limit]").first
    expect(row).to_contain_text("900 px")
    expect(row).to_contain_text("not yet")
    answer_patterns(page, 0)
    page.get_by_role("button", name="Check and go on").click()
    expect(page.locator(".notice-warning")).to_contain_text("Width of this window: 900 px; needed: at least 1000 px.")
    expect(page.locator(".notice-warning")).to_contain_text("You can check 2 more times.")

    page.set_viewport_size({"width": 1200, "height": 800})
    expect(row).to_contain_text("1200 px")
    expect(row).to_contain_text("fits")
    answer_patterns(page, 1)
    page.get_by_role("button", name="Check again").click()

    picture = page.get_by_role("img", name="A five")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 16
    page.get_by_role("button", name="Start with practice").click()

    page.get_by_text("Practice 1 of 1", exact=True).wait_for()
    voter.label("6")
    voter.pick(2)
    voter.send()
    expect(page.get_by_role("heading", name="Not quite")).to_be_focused()
    expect(page.locator("main")).to_contain_text("Look at the tail.")
    page.reload()
    page.get_by_role("button", name="Begin").click()

    for number in (1, 2, 3):
        vote(voter, f"Image {number} of 3")
    expect(page.get_by_role("heading", name="Last questions")).to_be_focused()
    assert Participant.objects.get().finished_at is None
    page.get_by_label("How old are you?").fill("17")
    page.get_by_label("yes").check()
    page.get_by_role("button", name="Send and finish").click()
    expect(page.locator("main")).to_contain_text("Give a whole number from 18 to 99.")
    expect(page.get_by_label("yes")).to_be_checked()
    page.get_by_label("How old are you?").fill("44")
    page.get_by_label("4", exact=True).check()
    page.get_by_role("button", name="Send and finish").click()
    page.get_by_role("heading", name="Thank you").wait_for()

    person = Participant.objects.get()
    assert person.finished_at is not None
    assert person.questionnaire.values == {"age": 44, "glasses": "yes", "sure": 4}
    assert [check.failed for check in ViewingCheck.objects.all()] == [["window_width"], []]
    assert list(person.trials.values_list("item__kind", "repeat"))[0::3] == [("practice", 0), ("main", 1)]


def press_until(page: Page, name: str, role: str = "button") -> None:
    """Tab to it and press Enter."""
    target = page.get_by_role(role, name=name, exact=True)
    target.wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return page.keyboard.press("Enter")
    raise AssertionError(f"the Tab key does not reach “{name}”")


def type_at(page: Page, selector: str, *keys: str) -> None:
    target = page.locator(selector)
    target.wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            for key in keys:
                page.keyboard.press(key)
            return
    raise AssertionError(f"the Tab key does not reach {selector}")


def test_by_keyboard_alone(new_page: NewPage, study: Study) -> None:
    """1.15 (9)"""
    page = new_page(1200, 900)
    voter = Voter(page, study)
    page.goto(voter.url)
    press_until(page, "I agree, start")
    for name, seen in look_when_there(page).items():
        type_at(page, f"#{name}", seen)
    press_until(page, "Check and go on")
    press_until(page, "Start with practice")
    for place in ("Practice 1 of 1", "Image 1 of 3", "Image 2 of 3", "Image 3 of 3"):
        page.get_by_text(place, exact=True).wait_for()
        press_until(page, "5")
        voter.loaded()
        type_at(page, "[data-grid] button >> nth=0", "Space")
        type_at(page, "[data-send]", "Enter")
        if place.startswith("Practice"):
            expect(page.get_by_role("heading", name="That is right")).to_be_focused()
            press_until(page, "Begin")
    expect(page.get_by_role("heading", name="Last questions")).to_be_focused()
    type_at(page, "#question-age", "4", "4")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    press_until(page, "Send and finish")
    page.get_by_role("heading", name="Thank you").wait_for()
    assert Participant.objects.get().questionnaire.values == {"age": 44, "glasses": "yes", "sure": 2}


def look_when_there(page: Page) -> dict[str, str]:
    page.get_by_role("heading", name="A look at your screen").wait_for()
    return look(0)


def test_on_a_phone(new_page: NewPage, study: Study) -> None:
    """A phone that cannot be mended is told why, and need not try again and again."""
    page = new_page(360, 740, has_touch=True, is_mobile=True, device_scale_factor=2.625)
    voter = Voter(page, study)
    page.goto(voter.url)
    page.get_by_role("button", name="I agree, start").tap()
    answer_patterns_when_there(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Check and go on").tap()
    expect(page.locator(".notice-warning")).to_contain_text("Pixels of your screen for one of this page: 2.6")
    page.get_by_role("button", name="I cannot mend this: leave the study").tap()
    page.get_by_role("heading", name="You cannot take part with this screen").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Participant.objects.get().failed_at is not None
    check = ViewingCheck.objects.get()
    assert check.failed == ["window_width", "whole_ratio"]
    assert (check.measured["window_width"], check.measured["pixel_ratio"], check.measured["zoom"]) == (360, 2.625, 1)


def answer_patterns_when_there(page: Page) -> None:
    page.get_by_role("heading", name="A look at your screen").wait_for()
    answer_patterns(page, 0)


@pytest.mark.parametrize(("outer", "zoom"), [(1200, 1.0), (1320, 1.1), (1080, 0.9)])
def test_browser_zoom_is_noticed(new_page: NewPage, outer: int, zoom: float) -> None:
    """As Chromium shows it: the window keeps its size while the page counts fewer or more pixels."""
    study = factories.open_study_with_pool(viewing=Rules(no_zoom=True).as_mapping())
    page = new_page(1200, 800, device_scale_factor=zoom)
    page.add_init_script(f"Object.defineProperty(window, 'outerWidth', {{ get: () => {outer} }})")
    voter = Voter(page, study)
    voter.consent()
    expect(page.locator("[data-now]")).to_have_text(f"{round(100 * zoom)}%")
    page.get_by_role("button", name="Check and go on").click()
    if zoom == 1:
        page.get_by_text("Which digit is this?").wait_for()
    else:
        expect(page.locator(".notice-warning")).to_contain_text("Press Ctrl and 0")


def test_side_bars_are_no_zoom(new_page: NewPage) -> None:
    study = factories.open_study_with_pool(viewing=Rules(no_zoom=True).as_mapping())
    page = new_page(900, 800)
    page.add_init_script("Object.defineProperty(window, 'outerWidth', { get: () => 1200 })")
    Voter(page, study).consent()
    expect(page.locator("[data-now]")).to_have_text("100%")
