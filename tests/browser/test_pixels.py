"""Pictures on screen: whole multiples of their own pixels, no colour that is not theirs (requirement 1.15 (4))."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserType, CDPSession, Locator, Page
from pytest_django.live_server_helper import LiveServer

from studies.models import Study
from tests.browser import pictures
from tests.browser.conftest import Voter

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]
SIDE, LOW = 32, 8
RATIOS = [1, 1.25, 1.5, 2, 3]


def visit(page: Page, count: int = 6) -> Voter:
    """A pool of one-pixel checkerboards for an image that is one."""
    voter = Voter(page, pictures.open_study([pictures.board(SIDE)] * count, pictures.board(LOW)))
    voter.consent()
    voter.loaded()
    return voter


def sizes(canvas: Locator) -> tuple[int, float]:
    """Device pixels of the backing store, and those that the canvas takes on screen."""
    backing, shown = canvas.evaluate("one => [one.width, one.getBoundingClientRect().width * devicePixelRatio]")
    return backing, shown


def screen(page: Page, cdp: CDPSession | None = None) -> np.ndarray:
    """The whole window in device pixels: a picture of one canvas alone may itself be resampled."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shot = base64.b64decode(cdp.send("Page.captureScreenshot")["data"]) if cdp else page.screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)


def assert_even(canvas: Locator, pixels: int, cdp: CDPSession | None = None) -> None:
    """On screen is a checkerboard of `pixels` by `pixels` squares, all of one whole size, in two colours only."""
    canvas.evaluate("one => one.scrollIntoView({ block: 'center' })")  # beside what sticks to the window's edges
    backing, shown = sizes(canvas)
    assert backing % pixels == 0
    assert shown == pytest.approx(backing, abs=0.05)
    multiple = backing // pixels
    window = screen(canvas.page, cdp)
    left, top = canvas.evaluate(
        "one => [one.getBoundingClientRect().x, one.getBoundingClientRect().y].map(at => at * devicePixelRatio)"
    )
    board = np.kron(np.indices((pixels, pixels)).sum(axis=0) % 2 * 255, np.ones((multiple, multiple), int))
    # Chromium's emulation of a ratio lays out in CSS pixels, so that an edge may be one device pixel off: the picture
    # may begin one later, and its outermost row may be cut. Inside, every pixel must be right.
    inner = slice(multiple, -multiple)
    around = [
        window[y : y + backing, x : x + backing][inner, inner]
        for y in range(round(top) - 1, round(top) + 2)
        for x in range(round(left) - 1, round(left) + 2)
    ]
    boards = [either[inner, inner] for either in (board, 255 - board)]
    assert any(np.array_equal(part, either) for part in around for either in boards)


def assert_all_even(page: Page, share: int = 1, cdp: CDPSession | None = None) -> None:
    """The image, the enlarged candidate and one in the grid, of which a `share`-th of each side is shown."""
    assert_even(page.locator(".compare-panel [data-low-res]"), LOW // share, cdp)
    assert_even(page.locator("[data-enlarged] canvas"), SIDE // share, cdp)
    assert_even(page.locator(".candidate canvas").nth(1), SIDE // share, cdp)


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_checkerboard_stays_one(new_page: NewPage, ratio: float) -> None:
    page = visit(new_page(1200, 800, device_scale_factor=ratio)).page
    assert_all_even(page)
    page.get_by_role("button", name="Larger candidates").click()
    assert_all_even(page)


@pytest.mark.parametrize("ratio", RATIOS)
def test_and_under_the_loupe(new_page: NewPage, ratio: float) -> None:
    voter = visit(new_page(1200, 800, device_scale_factor=ratio))
    voter.candidate(1).focus()
    for share, key in [(2, "l"), (2, "d"), (4, "+"), (1, "0")]:
        voter.page.keyboard.press(key)
        assert_all_even(voter.page, share)


@pytest.mark.parametrize("ratio", RATIOS)
def test_and_in_the_comparison(new_page: NewPage, ratio: float) -> None:
    voter = visit(new_page(1200, 800, device_scale_factor=ratio))
    voter.pick(0, 4)
    voter.page.get_by_role("button", name="Compare").click()
    for share, key in [(1, "0"), (2, "l"), (2, "f")]:
        voter.page.keyboard.press(key)
        alone = voter.page.locator(".compare-row.alone").count()
        for at, canvas in enumerate(voter.page.locator(".compare-row canvas").all()):
            if not alone or at == 1:
                assert_even(canvas, (SIDE if at else LOW) // share)


def test_no_mark_covers_a_pixel_of_a_candidate(new_page: NewPage) -> None:
    """People judge pixels: number, rank and frame stand beside them."""
    voter = visit(new_page(1200, 800))
    voter.pick(1, 2)
    voter.candidate(2).hover()
    for position in (1, 2):
        assert_even(voter.candidate(position).locator("canvas"), SIDE)
    inside = "one => { const { width, height } = one.getBoundingClientRect(); return [width, height] }"
    width, height = voter.candidate(1).evaluate(inside)
    canvas = voter.candidate(1).locator("canvas").evaluate(inside)
    assert (width - canvas[0], height - canvas[1]) == (6, 26)


def test_and_when_the_browser_zooms(new_page: NewPage) -> None:
    """As browsers do: the same window, with fewer and larger CSS pixels or more and smaller ones."""
    voter = visit(new_page(1200, 800))
    page, cdp = voter.page, voter.page.context.new_cdp_session(voter.page)
    voter.candidate(1).focus()
    for share, zoom in [(1, 1.25), (1, 1.5), (2, 2), (2, 1.25), (1, 1)]:
        size = {"width": round(1200 / zoom), "height": round(800 / zoom)}
        cdp.send("Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": zoom, "mobile": False})
        page.wait_for_timeout(300)
        assert page.evaluate("devicePixelRatio") == zoom
        if page.locator(".magnified").count() != share - 1:
            page.keyboard.press("l")
        assert_all_even(page, share, cdp=cdp)


@pytest.fixture(params=[1.1, 1.25, 1.5])
def true_page(
    request: Any, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], live_server: LiveServer
) -> Iterator[Page]:
    """A browser on a screen of this ratio: unlike an emulated one, it lays out in the pixels of that screen."""
    flags = [f"--force-device-scale-factor={request.param}", "--window-size=1200,800"]
    browser = browser_type.launch(
        executable_path=browser_type_launch_args["executable_path"], args=[*browser_type_launch_args["args"], *flags]
    )
    yield browser.new_context(no_viewport=True, base_url=live_server.url).new_page()
    browser.close()


EXACT = """async canvas => {
  const entry = await new Promise(done => new ResizeObserver(([first]) => done(first))
    .observe(canvas, { box: "device-pixel-content-box" }));
  const [{ inlineSize, blockSize }] = entry.devicePixelContentBoxSize;
  return inlineSize === canvas.width && blockSize === canvas.height;
}"""


def test_and_on_a_screen_of_an_odd_ratio(true_page: Page) -> None:
    """By the browser's own word, too: what it takes on screen is what the canvas has."""
    voter = visit(true_page)
    voter.candidate(1).focus()
    for share, key in [(1, "0"), (2, "l")]:
        true_page.keyboard.press(key)
        assert_all_even(true_page, share)
        assert all(canvas.evaluate(EXACT) for canvas in true_page.locator(".candidate canvas, [data-aim]").all())
    # Whatever makes a canvas take other device pixels, the browser says so, and it is put right.
    true_page.locator("[data-enlarged] canvas").evaluate("one => { one.style.width = `${one.offsetWidth + 3.3}px` }")
    assert_all_even(true_page, 2)


def test_and_when_something_above_pushes_the_pictures_between_pixels(true_page: Page) -> None:
    """Nobody resized the window."""
    page = visit(true_page).page
    page.evaluate("""() => {
      const push = document.createElement("div");
      document.querySelector(".voting-head").append(push);
      push.style.height = "1px";
      window.push = push.style;
    }""")
    for height in ("1.3px", "1.52px", "1.9px", "2.44px"):
        page.evaluate("height => { window.push.height = height }", height)
        assert_all_even(page)


def test_image_and_enlarged_candidate_have_one_size(new_page: NewPage) -> None:
    voter = visit(new_page())
    voter.candidate(3).hover()
    assert voter.page.locator("[data-enlarged-name]").inner_text() == "Candidate 4"
    low_res, enlarged = (sizes(voter.page.locator(".compare-panel [data-aim]").nth(which)) for which in (0, 1))
    assert low_res == enlarged
    assert low_res[0] % LOW == 0


def test_candidates_can_be_made_larger_and_smaller(new_page: NewPage) -> None:
    voter = visit(new_page())
    canvas = voter.candidate(0).locator("canvas")
    before, _ = sizes(canvas)
    voter.page.get_by_role("button", name="Larger candidates").click()
    larger, _ = sizes(canvas)
    voter.page.get_by_role("button", name="Smaller candidates").click()
    assert larger > before == sizes(canvas)[0]
    for _ in range(30):
        voter.page.get_by_role("button", name="Smaller candidates").click()
    assert sizes(canvas)[0] == SIDE


def test_324_candidates_on_one_page_keep_up_with_the_loupe(new_page: NewPage) -> None:
    """Those far out of sight are painted when they come near."""
    study: Study = pictures.open_study([pictures.board(SIDE)] * 324, pictures.board(LOW), page_size=324)
    voter = Voter(new_page(1200, 800), study)
    voter.consent()
    voter.loaded()
    assert voter.page.locator(".candidate").count() == 324
    voter.candidate(0).focus()
    voter.page.keyboard.press("l")
    assert_even(voter.candidate(1).locator("canvas"), SIDE // 2)
    voter.page.keyboard.press("End")
    voter.page.wait_for_timeout(300)
    assert_even(voter.candidate(323).locator("canvas"), SIDE // 2)
