"""The rating phase in Chromium: by keyboard alone, pixel by pixel, on a phone, and with nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from studies import access
from studies.models import Participant, Rating, RatingPhase, Study
from studies.services import enrolment
from tests.browser.conftest import Voter
from tests.browser.test_accessibility import assert_clean
from tests.browser.test_flow import press_until
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]


def become(page: Page, person: Participant, server: str) -> None:
    """Let this browser be the one in which somebody voted."""
    slug = person.study.slug
    value = access.cookie_value(person.study, enrolment.secret(person))
    page.context.add_cookies(
        [{"name": access.cookie_name(slug), "value": value, "url": f"{server}/s/{slug}/", "httpOnly": True}]
    )


def loaded(page: Page, place: str) -> None:
    page.get_by_text(place, exact=True).wait_for()
    page.locator(".rating-choices:not(:disabled)").wait_for()


def ready(**settings: Any) -> Study:
    study = rated.voted(items=2, voters=1)
    rated.opened(study, **settings)
    return study


def test_a_whole_phase_by_keyboard_alone(new_page: NewPage, live_server: Any) -> None:
    """1.15 (9). A voter comes back by the link of the voting, reads, and rates with the keys 1 to 5."""
    study = ready(repeats=1)
    page = new_page(1200, 900)
    become(page, study.participants.get(), live_server.url)
    page.goto(f"/s/{study.slug}/")
    expect(page.get_by_role("heading", name="How good are these pictures?")).to_be_visible()
    press_until(page, "Start")
    for number in range(1, 12):
        loaded(page, f"Picture {number} of 11")
        expect(page.get_by_role("heading", name="How good is this picture?")).to_be_focused()
        if number == 2:  # buttons can be reached too
            page.keyboard.press("Tab")
            expect(page.get_by_role("button", name="Bad")).to_be_focused()
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press(str(1 + number % 5))
    expect(page.get_by_role("heading", name="Thank you")).to_be_focused()
    assert page.url.endswith("/thanks/")
    rows = list(Rating.objects.order_by("number"))
    assert [row.score for row in rows] == [2, 2, 4, 5, 1, 2, 3, 4, 5, 1, 2]
    assert all(row.response_ms is not None and row.hidden_ms == 0 and row.pixel_ratio == 1 for row in rows)
    assert {row.enlargement for row in rows} == {16}  # pictures of 32 pixels in 512
    assert study.participants.get().rater.finished_at is not None


def test_pairs_by_keyboard(new_page: NewPage, live_server: Any) -> None:
    study = ready(mode="pairwise", anchors=False, hidden_reference=False)
    page = new_page(1200, 900)
    become(page, study.participants.get(), live_server.url)
    page.goto(f"/s/{study.slug}/trial/")
    press_until(page, "Start")
    for number in range(1, 7):
        loaded(page, f"Pair {number} of 6")
        page.keyboard.press(str(1 + number % 3))
    page.get_by_role("heading", name="Thank you").wait_for()
    given = list(Rating.objects.order_by("number").values_list("preference", flat=True))
    assert given == ["none", "second", "first"] * 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_naming_by_keyboard_and_on_a_phone(new_page: NewPage, live_server: Any, scheme: str) -> None:
    """The label's own key, the key of "cannot tell", and taps; nothing to be scrolled sideways; axe finds nothing."""
    study = ready(mode="naming", anchors=False)
    page = new_page(360, 740, color_scheme=scheme, has_touch=True, is_mobile=True, device_scale_factor=3)
    become(page, study.participants.get(), live_server.url)
    page.goto(f"/s/{study.slug}/")
    expect(page.get_by_role("heading", name="What do you see in these pictures?")).to_be_visible()
    page.get_by_role("button", name="Start").tap()
    for number in range(1, 9):
        loaded(page, f"Picture {number} of 8")
        expect(page.get_by_role("heading", name="Which digit is this?")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if number == 1:
            assert_clean(page)
        if number % 3:
            page.keyboard.press("6" if number % 3 == 1 else "?")
        else:
            page.get_by_role("button", name="5").tap()
    page.get_by_role("heading", name="Thank you").wait_for()
    given = list(Rating.objects.order_by("number").values_list("label", flat=True))
    assert given == ["6", "cannot tell", "5", "6", "cannot tell", "5", "6", "cannot tell"]
    assert set(Rating.objects.values_list("enlargement", flat=True)) - {None} != set()


@pytest.mark.parametrize("ratio", [1, 1.25, 2])
def test_pictures_stand_on_whole_device_pixels(new_page: NewPage, live_server: Any, ratio: float) -> None:
    """1.15 (4): backing pixels are a whole multiple, and as many on screen as in the canvas; both of a pair alike."""
    study = ready(mode="pairwise")
    page = new_page(1000, 800, device_scale_factor=ratio)
    become(page, study.participants.get(), live_server.url)
    page.goto(f"/s/{study.slug}/trial/")
    page.get_by_role("button", name="Start").click()
    loaded(page, "Pair 1 of 20")
    sizes = page.locator("canvas").evaluate_all(
        """all => all.map((canvas) => {
          const box = canvas.getBoundingClientRect();
          return [canvas.width, canvas.height, box.width * devicePixelRatio, box.left * devicePixelRatio];
        })"""
    )
    assert len(sizes) == 2
    for width, height, shown, left in sizes:
        assert width == height
        assert width % 32 == 0
        assert abs(shown - width) < 0.01
        assert abs(left - round(left)) < 0.01
    assert sizes[0][0] == sizes[1][0]


def test_new_people_on_a_phone(new_page: NewPage) -> None:
    study = ready(mode="dcr", who="others")
    page = new_page(360, 740, has_touch=True, is_mobile=True, device_scale_factor=3)
    Voter(page, study).consent()
    page.get_by_role("button", name="Start").tap()
    for number in range(1, 11):
        loaded(page, f"Picture {number} of 10")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Imperceptible").tap()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert Participant.objects.get(rates_only=True).finished_at is not None


def test_an_answer_without_a_connection_is_sent_later(new_page: NewPage, live_server: Any) -> None:
    study = ready()
    page = new_page()
    become(page, study.participants.get(), live_server.url)
    page.goto(f"/s/{study.slug}/trial/")
    page.get_by_role("button", name="Start").click()
    loaded(page, "Picture 1 of 10")
    page.route("**/rating/1/", lambda route: route.abort())
    page.keyboard.press("4")
    expect(page.locator("#message")).to_contain_text("No connection.")
    assert not Rating.objects.given().exists()
    page.unroute("**/rating/1/")
    loaded(page, "Picture 2 of 10")
    assert Rating.objects.given().get().score == 4


def test_a_lost_answer_is_no_second_rating(new_page: NewPage, live_server: Any) -> None:
    """The server has it, the browser was not told: sent again, it is the same."""
    study = ready()
    page = new_page()
    become(page, study.participants.get(), live_server.url)
    page.goto(f"/s/{study.slug}/trial/")
    page.get_by_role("button", name="Start").click()
    loaded(page, "Picture 1 of 10")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/rating/1/", lose, times=1)
    page.keyboard.press("2")
    loaded(page, "Picture 2 of 10")
    assert Rating.objects.given().get().score == 2


def test_a_picture_that_does_not_load_can_be_asked_for_again(new_page: NewPage, live_server: Any) -> None:
    study = ready()
    page = new_page()
    become(page, study.participants.get(), live_server.url)
    page.route("**/rating/1/first.png", lambda route: route.abort(), times=1)
    page.goto(f"/s/{study.slug}/trial/")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-status]")).to_contain_text("The image could not be loaded.")
    expect(page.get_by_role("button", name="Good")).to_be_disabled()
    page.keyboard.press("4")
    assert not Rating.objects.given().exists()
    page.get_by_role("button", name="Retry").click()
    loaded(page, "Picture 1 of 10")


def test_the_researchers_side(new_page: NewPage, live_server: Any) -> None:
    """From the settings to an open phase, with another network's results, by mouse."""
    from studies.services import sign_in
    from studies.services.opinions import stimuli

    study = rated.voted(items=2, voters=1, owner=factories.user("ada"))
    page = new_page()
    page.goto(sign_in.make_link_path(study.memberships.get().user))
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.goto(study.get_absolute_url())
    page.get_by_role("link", name="Rating phase").click()
    page.get_by_role("button", name="Add a rating phase").click()
    page.get_by_text("Upload results of a method").click()
    page.get_by_label("Method", exact=True).fill("EDSR")
    files = [{"name": one.name, "mimeType": "image/png", "buffer": one.file} for one in rated.method_files(study)]
    page.get_by_label("Files", exact=True).set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("main")).to_contain_text("2 of 2 images")
    page.get_by_role("button", name="Make the pictures").click()
    expect(page.locator("#stimuli")).to_contain_text("0 of 12")
    stimuli.make(RatingPhase.objects.get().pk)
    expect(page.locator("#stimuli")).to_contain_text("12 of 12")
    page.get_by_role("button", name="Open the rating phase").click()
    expect(page.get_by_role("status").first).to_contain_text("People can rate now")
    assert RatingPhase.objects.get().is_open
