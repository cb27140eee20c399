"""The live page in a real browser: it looks again by itself, rests in the background, and stops with the study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from studies.models import Item, Kind, Study
from studies.services import lifecycle, sign_in
from studies.services.analysis import versions
from studies.services.analysis.plan import Plan
from tests.browser.test_accessibility import LOOKS, assert_clean
from tests.studies import factories

TEN_SECONDS = 10_500
HIDE = "(hidden) => Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })"


@pytest.fixture
def study(transactional_db: None) -> Study:
    plan = Plan(stopping="count", most_participants=2, attention=0.5).as_mapping()
    return factories.open_study_with_pool(owner=factories.user("ada"), plan=plan)


def opened(new_page: Callable[..., Page], study: Study, *size: int, **options: Any) -> Page:
    page = new_page(*size, **options)
    page.goto(sign_in.make_link_path(study.memberships.get().user))
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Studies")).to_be_visible()
    page.clock.install()
    page.goto(f"/studies/{study.pk}/")
    page.get_by_role("link", name="Live").click()
    expect(page.get_by_role("heading", name="Live")).to_be_visible()
    return page


def test_it_looks_again_rests_in_the_background_and_stops(new_page: Callable[..., Page], study: Study) -> None:
    page = opened(new_page, study)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.get_by_text("0 of 2 participants have finished.")).to_be_visible()
    factories.vote_all(study, [0])
    page.clock.fast_forward(TEN_SECONDS)
    expect(page.get_by_text("1 of 2 participants have finished.")).to_be_visible()
    before = len(asked)
    page.evaluate(HIDE, True)
    page.clock.fast_forward(TEN_SECONDS)
    page.wait_for_timeout(300)
    assert len(asked) == before
    page.evaluate(HIDE, False)
    factories.vote_all(study, [1])
    page.clock.fast_forward(TEN_SECONDS)
    expect(page.get_by_text("The rule is met: stop.")).to_be_visible()
    lifecycle.close_study(study)
    page.clock.fast_forward(TEN_SECONDS)
    expect(page.get_by_text("looks again every 10 seconds")).to_have_count(0)
    before = len(asked)
    page.clock.fast_forward(TEN_SECONDS)
    page.wait_for_timeout(300)
    assert len(asked) == before


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_axe_finds_nothing_on_it_nor_on_the_plan_and_its_versions(
    new_page: Callable[..., Page], study: Study, size: tuple[int, int], scheme: str
) -> None:
    Item.objects.create(
        study=study, position=1, name="check", low_res=factories.low_res(), kind=Kind.ATTENTION, expected_label="6"
    )
    study.items.get(position=1).jobs.add(factories.job(study.items.get(position=1), 12))
    factories.vote_all(study, [0])
    factories.vote_all(study, [0], "6")
    page = opened(new_page, study, *size, color_scheme=scheme)
    expect(page.get_by_text("0 of 1 attention checks right")).to_be_visible()
    assert_clean(page)
    page.goto(f"/studies/{study.pk}/analysis/")
    assert_clean(page)
    versions.add(study, study.memberships.get().user, reason="A reviewer asked.", attention=0.0)
    page.goto(f"/studies/{study.pk}/results/")
    assert_clean(page)
    page.goto("/studies/new/")
    for summary in page.locator(".form-group-analysis summary").all():
        summary.click()
    assert_clean(page)
