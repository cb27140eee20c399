"""One magnifier over everything on the page and in the comparison, by keyboard, by touch, by mouse; candidates that
take turns in one place; candidates of all sizes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from studies.models import Study
from tests.browser import pictures
from tests.browser.conftest import Voter

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]
SIDE, LOW = 32, 8
WHOLE = (0.0, 0.0, 1.0, 1.0)


def visit(page: Page, study: Study | None = None) -> Voter:
    voter = Voter(page, study or pictures.ramps(SIDE))
    voter.consent()
    voter.loaded()
    return voter


def settle(page: Page) -> None:
    """Until what a key changed is painted."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def image(page: Page) -> Locator:
    return page.locator(".compare-panel [data-low-res]")


def enlarged(page: Page) -> Locator:
    return page.locator("[data-enlarged] canvas")


def place(page: Page) -> tuple[float, ...]:
    """The one place that every candidate of the page, the enlarged one and the image show, in whole pixels each."""
    settle(page)
    found = [pictures.seen(canvas, SIDE) for canvas in page.locator(".candidate canvas").all()]
    found += [pictures.seen(enlarged(page), SIDE), pictures.seen(image(page), LOW)]
    assert len({one.place for one in found}) == 1
    assert all(one.multiple == int(one.multiple) for one in found)
    return found[0].place


def button(page: Page, name: str) -> Locator:
    return page.locator(".compare-panel").get_by_role("button", name=name, exact=True)


def test_every_surface_shows_the_same_place(new_page: NewPage) -> None:
    """Requirement 1.15 (4): whole multiples at every step; the loupe is one for all."""
    page = new_page()
    voter = visit(page)
    assert place(page) == WHOLE
    before = voter.candidate(0).bounding_box()
    voter.candidate(0).focus()
    for key, expected in [
        ("l", (0.25, 0.25, 0.75, 0.75)),
        ("d", (0.375, 0.25, 0.875, 0.75)),
        ("w", (0.375, 0.125, 0.875, 0.625)),
        ("+", (0.5, 0.25, 0.75, 0.5)),
        ("+", (0.5, 0.25, 0.75, 0.5)),  # eight pixels stay in sight
        ("Shift+ArrowDown", (0.5, 0.375, 0.75, 0.625)),
        ("-", (0.375, 0.25, 0.875, 0.75)),
        ("l", WHOLE),
        ("l", (0.375, 0.25, 0.875, 0.75)),
        ("0", WHOLE),
    ]:
        page.keyboard.press(key)
        assert place(page) == expected, key
        assert voter.candidate(0).bounding_box() == before
    expect(voter.candidate(0)).to_be_focused()


def test_another_candidate_and_another_page_keep_the_place(new_page: NewPage) -> None:
    page = new_page()
    voter = visit(page, pictures.ramps(SIDE, count=24, page_size=12))
    voter.candidate(0).focus()
    page.keyboard.press("l")
    page.keyboard.press("a")
    page.keyboard.press("ArrowRight")
    expect(voter.candidate(1)).to_be_focused()
    expect(page.locator("[data-enlarged-name]")).to_have_text("Candidate 2")
    there = place(page)
    page.locator("[data-turn='1']").click()
    expect(voter.candidate(12)).to_be_visible()
    assert place(page) == there == (0.125, 0.25, 0.625, 0.75)
    assert page.locator(".candidate canvas").count() == 12  # those of the other page are gone


def test_by_keyboard_alone(new_page: NewPage) -> None:
    """Requirement 1.15 (9): keys and buttons with names; nothing needs a pointer; what happens is announced."""
    page = new_page()
    visit(page)
    said = page.locator(".compare-panel [data-loupe-live]")
    expect(said).to_have_attribute("aria-live", "polite")

    def press(name: str) -> None:
        for _ in range(30):
            if button(page, name).evaluate("one => one === document.activeElement"):
                break
            page.keyboard.press("Tab")
        expect(button(page, name)).to_be_focused()
        page.keyboard.press("Enter")

    press("Zoom in")
    assert place(page) == (0.25, 0.25, 0.75, 0.75)
    expect(said).to_have_text("Magnified 2 times, 50 percent from the left, 50 percent from the top.")
    press("Move up")
    expect(said).to_have_text("Magnified 2 times, 50 percent from the left, 38 percent from the top.")
    press("Move left")
    assert place(page) == (0.125, 0.125, 0.625, 0.625)
    for _ in range(5):
        page.keyboard.press("Enter")
    assert place(page) == (0.0, 0.125, 0.5, 0.625)  # and not into the void
    press("Reset")
    assert place(page) == WHOLE
    expect(said).to_have_text("Not magnified.")
    expect(button(page, "Reset")).to_be_focused()
    expect(button(page, "Zoom out")).to_have_attribute("aria-disabled", "true")


def test_keys_are_left_to_the_browser_where_they_are_meant_for_it(new_page: NewPage) -> None:
    page = new_page()
    visit(page).candidate(0).focus()
    page.evaluate("addEventListener('keydown', event => { window.taken = event.defaultPrevented })")
    page.keyboard.press("Control+l")
    assert page.evaluate("window.taken") is False
    assert place(page) == WHOLE


def test_by_touch_alone_and_without_dragging(new_page: NewPage) -> None:
    """Requirement 1.15 (9): a tap sets the place, targets are 24 px or more, nothing is dragged."""
    page = new_page(360, 740, has_touch=True, is_mobile=True, device_scale_factor=3)
    voter = visit(page)
    voter.candidate(3).tap()
    expect(page.locator("[data-enlarged-name]")).to_have_text("Candidate 4")
    box = enlarged(page).bounding_box()
    assert box is not None
    enlarged(page).tap(position={"x": box["width"] * 0.3, "y": box["height"] * 0.7})
    assert place(page) == (0.0, 0.5, 0.5, 1.0)
    image(page).tap(position={"x": box["width"] * 0.99, "y": box["height"] * 0.01})
    assert place(page) == (0.25, 0.25, 0.75, 0.75)
    button(page, "Zoom in").tap()
    button(page, "Move right").tap()
    assert place(page) == (0.5, 0.375, 0.75, 0.625)
    sizes = page.locator(".compare-panel button:visible").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))"
    )
    assert len(sizes) == 8
    assert min(sizes) >= 24
    button(page, "Reset").tap()
    assert place(page) == WHOLE
    assert voter.picked() == [3]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_mouse_looks_around_on_the_map_and_comes_back(new_page: NewPage) -> None:
    page = new_page()
    visit(page)
    enlarged(page).click()
    here = place(page)
    assert here == (0.25, 0.25, 0.75, 0.75)
    chart = page.locator(".compare-panel [data-map]")
    box = chart.bounding_box()
    assert box is not None
    chart.hover(position={"x": 1, "y": box["height"] - 1})
    assert place(page) == (0.0, 0.5, 0.5, 1.0)
    page.mouse.move(700, 700)
    assert place(page) == here
    chart.click(position={"x": 1, "y": box["height"] - 1})
    page.mouse.move(700, 700)
    assert place(page) == (0.0, 0.5, 0.5, 1.0)
    shown = page.locator(".compare-panel .magnifier-frame").evaluate(
        "one => [one.offsetLeft, one.offsetTop, one.offsetWidth, one.offsetHeight]"
    )
    assert shown == [0, box["height"] / 2, box["width"] / 2, box["height"] / 2]


def test_the_image_in_squares_or_smooth(new_page: NewPage) -> None:
    page = new_page()
    visit(page)
    colours = """canvas => new Set(
        new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    size = image(page).bounding_box()
    assert image(page).evaluate(colours) == LOW * LOW
    button(page, "Smooth").click()
    settle(page)
    assert image(page).evaluate(colours) > 4 * LOW * LOW
    assert image(page).bounding_box() == size
    expect(button(page, "Smooth")).to_have_attribute("aria-pressed", "true")
    button(page, "Zoom in").click()
    settle(page)
    assert image(page).evaluate("one => one.width") % (SIDE // 2) == 0
    assert pictures.seen(image(page), SIDE).place == pytest.approx((0.25, 0.25, 0.75, 0.75), abs=1 / LOW)
    button(page, "Smooth").click()
    assert place(page) == (0.25, 0.25, 0.75, 0.75)


def compare(page: Page, *positions: int) -> Locator:
    voter = visit(page)
    voter.pick(*positions)
    page.get_by_role("button", name="Compare").click()
    return page.get_by_role("dialog")


def test_side_by_side_under_the_same_loupe(new_page: NewPage) -> None:
    page = new_page()
    dialog = compare(page, 2, 5, 7)
    assert dialog.locator("figcaption").all_inner_texts() == ["The image", "Candidate 3", "Candidate 6", "Candidate 8"]

    def shown() -> set[tuple[float, ...]]:
        settle(page)
        low, *others = dialog.locator(".compare-row canvas").all()
        return {pictures.seen(low, LOW).place, *(pictures.seen(other, SIDE).place for other in others)}

    assert shown() == {WHOLE}
    tops = dialog.locator(".compare-row canvas").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    dialog.get_by_role("button", name="Zoom in").click()
    page.keyboard.press("a")
    assert shown() == {(0.125, 0.25, 0.625, 0.75)}
    dialog.get_by_role("button", name="Move down").click()
    assert shown() == {(0.125, 0.375, 0.625, 0.875)}
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Compare")).to_be_focused()
    assert place(page) == (0.125, 0.375, 0.625, 0.875)


def test_c_adds_the_candidate_in_question_to_the_picks(new_page: NewPage) -> None:
    page = new_page()
    voter = visit(page)
    voter.pick(2)
    voter.candidate(9).hover()
    page.keyboard.press("c")
    captions = page.get_by_role("dialog").locator("figcaption")
    expect(captions).to_have_text(["The image", "Candidate 3", "Candidate 10"])
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Compare").click()
    expect(captions).to_have_text(["The image", "Candidate 3"])
    assert voter.picked() == [2]


def front(page: Page) -> str:
    return page.locator(".compare-row .front").inner_text()


TIMES = """() => {
  window.turns = [];
  const row = document.querySelector(".compare-row");
  let last = row.querySelector(".front");
  new MutationObserver(() => {
    const now = row.querySelector(".front");
    if (now && now !== last) window.turns.push(performance.now());
    last = now ?? last;
  }).observe(row, { subtree: true, attributeFilter: ["class"] });
}"""


def test_two_take_turns_in_one_place(new_page: NewPage) -> None:
    page = new_page()
    dialog = compare(page, 2, 5, 7)
    dialog.get_by_role("button", name="In one place").click()
    assert dialog.locator("figure:visible").count() == 1
    place_of = "one => { const { x, y, width } = one.getBoundingClientRect(); return [x, y, width] }"
    first = dialog.locator(".front canvas").evaluate(place_of)
    names = [front(page)]
    for _ in range(2):
        page.wait_for_timeout(250)
        dialog.get_by_role("button", name="Switch", exact=True).click()
        assert dialog.locator(".front canvas").evaluate(place_of) == first
        names.append(front(page))
    assert names == ["Candidate 3", "Candidate 6", "Candidate 3"]
    expect(dialog.locator("[data-compare-live]")).to_have_text("Candidate 3")
    # Others that are ticked.
    dialog.get_by_role("button", name="In one place").click()
    dialog.get_by_role("checkbox", name="Candidate 3").uncheck()
    dialog.get_by_role("checkbox", name="The image").check()
    page.keyboard.press("f")
    assert front(page) == "The image"
    page.wait_for_timeout(250)
    page.keyboard.press("f")
    assert front(page) == "Candidate 6"


def test_turns_by_themselves_at_most_twice_a_second_until_paused(new_page: NewPage) -> None:
    page = new_page()
    dialog = compare(page, 2, 5)
    dialog.get_by_role("button", name="In one place").click()
    page.evaluate(TIMES)
    alone = dialog.get_by_role("button", name="Switch by itself")
    alone.click()
    expect(alone).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(3500)
    alone.click()
    expect(alone).to_have_attribute("aria-pressed", "false")
    turns = page.evaluate("window.turns")
    assert len(turns) >= 3
    assert min(later - earlier for earlier, later in pairwise(turns)) > 400
    page.wait_for_timeout(1500)
    assert len(page.evaluate("window.turns")) == len(turns)
    alone.click()
    page.keyboard.press("Escape")
    page.evaluate("window.turns.length = 0")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.turns") == []


def test_nothing_flashes_more_than_three_times_a_second(new_page: NewPage) -> None:
    """A flash is there and back: at most six turns in any second, however fast somebody presses."""
    page = new_page()
    dialog = compare(page, 2, 5)
    dialog.get_by_role("button", name="In one place").click()
    page.evaluate(TIMES)
    page.evaluate("""() => new Promise(done => {
      const key = () => document.querySelector("dialog").dispatchEvent(new KeyboardEvent("keydown", { key: "f" }));
      const timer = setInterval(key, 20);
      setTimeout(() => { clearInterval(timer); done() }, 2500);
    })""")
    turns = page.evaluate("window.turns")
    assert len(turns) >= 3
    assert max(sum(start <= turn < start + 1000 for turn in turns) for start in turns) <= 6


def test_nothing_moves_by_itself_where_motion_is_to_be_reduced(new_page: NewPage) -> None:
    page = new_page(reduced_motion="reduce")
    dialog = compare(page, 2, 5)
    dialog.get_by_role("button", name="In one place").click()
    expect(dialog.get_by_role("button", name="Switch by itself")).to_be_hidden()
    page.wait_for_timeout(250)
    dialog.get_by_role("button", name="Switch", exact=True).click()
    assert front(page) == "Candidate 6"
    page.emulate_media(reduced_motion="no-preference")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Compare").click()
    dialog.get_by_role("button", name="In one place").click()
    dialog.get_by_role("button", name="Switch by itself").click()
    page.emulate_media(reduced_motion="reduce")
    expect(dialog.get_by_role("button", name="Switch by itself")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(("width", "ratio"), [(360, 1), (360, 2), (1440, 1)])
def test_large_candidates_are_shown_in_part_and_never_resampled(new_page: NewPage, width: int, ratio: int) -> None:
    """Requirement 1.15 (4) where 1:1 does not fit."""
    side = 1024
    page = new_page(width, 740, device_scale_factor=ratio, has_touch=width < 1000)
    voter = visit(page, pictures.ramps(side, count=4))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(".compare-panel [data-in-part]")).to_have_text("Shown in part: the arrows show the rest.")
    canvas = voter.candidate(0).locator("canvas")

    def extent(of: Locator, pixels: int = side) -> tuple[float, ...]:
        """Red and green tell quarters of such a picture's pixels only."""
        settle(page)
        backing, shown = of.evaluate("one => [one.width, one.getBoundingClientRect().width * devicePixelRatio]")
        assert shown == pytest.approx(backing, abs=0.05)
        left, top, right, bottom, *_ = of.evaluate(pictures.CORNERS)
        assert backing % pixels == pytest.approx(0) or backing <= pixels
        return left / 256, top / 256, (right + 1) / 256, (bottom + 1) / 256

    left, top, right, bottom = extent(canvas)
    assert 0 < left == top < 0.5 < right == bottom < 1
    assert canvas.evaluate("one => one.width") == pytest.approx((right - left) * side, abs=8)
    for _ in range(30):
        button(page, "Move right").click()
        button(page, "Move down").click()
    assert extent(canvas)[2:] == extent(enlarged(page))[2:] == extent(image(page), side // 4)[2:] == (1, 1)
    for _ in range(30):
        button(page, "Move left").click()
    assert extent(canvas)[0] == 0


def test_the_smallest_candidates_are_still_targets(new_page: NewPage) -> None:
    page = new_page(360, 740, device_scale_factor=2, has_touch=True)
    voter = visit(page, pictures.ramps(4))
    for _ in range(20):
        page.get_by_role("button", name="Smaller candidates").click()
    box = voter.candidate(0).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    assert voter.candidate(0).locator("canvas").evaluate("one => one.width") % 4 == 0
    expect(button(page, "Zoom in")).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1440, 900)])
def test_the_review_is_under_the_loupe_too(new_page: NewPage, width: int, height: int) -> None:
    """Candidates that do not fit at 1:1 are looked at in part, here as everywhere; by keyboard and by buttons."""
    page = new_page(width, height)
    voter = visit(page, pictures.ramps(1024, count=4, ask_confidence=True))
    voter.pick(1, 2)
    page.get_by_role("button", name="Review your picks").click()
    review = page.locator("[data-review]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def corner() -> set[tuple[int, ...]]:
        """Top left of the picture that each candidate shows: red tells the column, green the row."""
        settle(page)
        canvases = review.locator("[data-review-picks] canvas").all()[1:]
        return {tuple(canvas.evaluate(pictures.CORNERS)[:2]) for canvas in canvases}

    ((left, top),) = corner()
    assert left > 0
    assert top > 0
    for _ in range(20):
        review.get_by_role("button", name="Move left", exact=True).click()
    assert corner() == {(0, top)}
    for _ in range(20):
        page.keyboard.press("w")
    assert corner() == {(0, 0)}
    expect(review.locator("[data-in-part]")).to_be_visible()
    page.get_by_role("button", name="Back", exact=True).click()
    settle(page)
    # The same place, of which the grid may have less room to show.
    assert max(voter.candidate(0).locator("canvas").evaluate(pictures.CORNERS)[:2]) < left


def test_keys_work_after_a_reload_and_after_a_click_beside_the_buttons(new_page: NewPage) -> None:
    page = new_page()
    voter = visit(page)
    page.reload()
    voter.loaded()
    page.keyboard.press("l")
    assert place(page) == (0.25, 0.25, 0.75, 0.75)
    enlarged(page).click()
    page.keyboard.press("0")
    assert place(page) == WHOLE
