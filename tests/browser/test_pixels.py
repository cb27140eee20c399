"""Pictures on screen: whole multiples of their own pixels, no colour that is not theirs."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page

from studies.models import Study, StudyState
from tests.browser.conftest import Voter
from tests.studies import factories

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]
SIDE = 32


def checkerboards(count: int = 6) -> Study:
    """A pool of one-pixel checkerboards: any smoothing or uneven scaling shows as grey or as stripes."""
    study = factories.study(ask_label=False, pool_size=count)
    board = (np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    factories.pool(factories.item(study), images=[board] * count)
    Study.objects.filter(pk=study.pk).update(state=StudyState.OPEN)
    return study


def sizes(canvas: Locator) -> tuple[int, float]:
    """Device pixels of the backing store, and those that the canvas takes on screen."""
    backing, shown = canvas.evaluate("one => [one.width, one.getBoundingClientRect().width * devicePixelRatio]")
    return backing, shown


def assert_even_checkerboard(canvas: Locator, multiple: int) -> None:
    """On a picture of the whole window: one of the canvas alone may itself be resampled."""
    left, top = canvas.evaluate(
        "one => [one.getBoundingClientRect().x, one.getBoundingClientRect().y].map(at => at * devicePixelRatio)"
    )
    screen = np.asarray(Image.open(io.BytesIO(canvas.page.screenshot())).convert("L")).astype(int)
    side = multiple * SIDE
    board = np.kron(np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 255, np.ones((multiple, multiple), int))
    # Chromium's emulation of a ratio lays out in CSS pixels, so that an edge may be one device pixel off: the picture
    # may begin one later, and its outermost row may be cut. Inside, every pixel must be right.
    inner = slice(multiple, -multiple)
    around = [
        screen[y : y + side, x : x + side][inner, inner]
        for y in range(round(top) - 1, round(top) + 2)
        for x in range(round(left) - 1, round(left) + 2)
    ]
    assert any(np.array_equal(shown, board[inner, inner]) for shown in around)


@pytest.mark.parametrize("ratio", [1, 1.25, 1.5, 2, 3])
def test_a_checkerboard_stays_one(new_page: NewPage, ratio: float) -> None:
    voter = Voter(new_page(1200, 800, device_scale_factor=ratio), checkerboards())
    voter.consent()
    voter.loaded()
    for _ in range(2):
        for canvas in (voter.candidate(1).locator("canvas"), voter.page.locator("[data-loupe] canvas")):
            backing, shown = sizes(canvas)
            assert backing % SIDE == 0
            assert shown == pytest.approx(backing, abs=0.05)
            canvas.scroll_into_view_if_needed()
            assert_even_checkerboard(canvas, backing // SIDE)
        voter.page.get_by_role("button", name="Larger candidates").click()


def test_image_and_enlarged_candidate_have_one_size(new_page: NewPage) -> None:
    voter = Voter(new_page(), checkerboards())
    voter.consent()
    voter.loaded()
    voter.candidate(3).hover()
    assert voter.page.locator("[data-loupe-name]").inner_text() == "Candidate 4"
    low_res, enlarged = (sizes(voter.page.locator(".compare-panel canvas").nth(which)) for which in (0, 1))
    assert low_res == enlarged
    assert low_res[0] % 8 == 0


def test_candidates_can_be_made_larger_and_smaller(new_page: NewPage) -> None:
    voter = Voter(new_page(), checkerboards())
    voter.consent()
    voter.loaded()
    canvas = voter.candidate(0).locator("canvas")
    before, _ = sizes(canvas)
    voter.page.get_by_role("button", name="Larger candidates").click()
    larger, _ = sizes(canvas)
    voter.page.get_by_role("button", name="Smaller candidates").click()
    assert larger > before == sizes(canvas)[0]
    for _ in range(30):
        voter.page.get_by_role("button", name="Smaller candidates").click()
    assert sizes(canvas)[0] == SIDE


def test_324_candidates_come_in_one_answer(new_page: NewPage) -> None:
    study = factories.open_study_with_pool(ask_label=False, pool_size=324, max_picks=2, ensemble_size=3)
    voter = Voter(new_page(), study)
    bundles: list[str] = []
    voter.page.on("request", lambda request: bundles.append(request.url) if "candidates" in request.url else None)
    voter.consent()
    voter.loaded()
    assert voter.page.locator(".candidate").count() == 324
    assert len(bundles) == 1
