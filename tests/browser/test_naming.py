"""The results page of a study whose pictures were named, in Chromium: on a phone and dark, all of it opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from studies.services import sign_in
from tests.browser.test_accessibility import assert_clean
from tests.studies import factories, named

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]


@pytest.mark.parametrize(("size", "scheme"), [((360, 740), "light"), ((1440, 900), "dark")], ids=["phone", "wide-dark"])
def test_before_and_after_on_the_results_page(
    new_page: NewPage, live_server: Any, size: tuple[int, int], scheme: str
) -> None:
    ada = factories.user("ada")
    study = named.study(items=2, owner=ada)
    page = new_page(*size, color_scheme=scheme)
    page.goto(sign_in.make_link_path(ada))
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.goto(f"/studies/{study.pk}/results/")
    section = page.locator("section", has=page.get_by_role("heading", name="Naming before and after"))
    for summary in section.locator("details > summary").all()[1:]:  # the first one is open
        summary.click()
    expect(section.get_by_role("table")).to_have_count(4)
    expect(section.get_by_role("row", name="ensemble 83.3").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_clean(page)
