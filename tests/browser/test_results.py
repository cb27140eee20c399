"""The results page with everything made: it fits phones, and axe finds nothing on it, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from studies.services.analysis import evaluation
from tests.browser.test_accessibility import assert_clean
from tests.studies import factories


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (360, "light"), (1440, "dark"), (1440, "light")])
@pytest.mark.django_db(transaction=True)
def test_results_with_variants(new_page: Callable[..., Page], live_server: LiveServer, width: int, scheme: str) -> None:
    study = factories.open_study_with_pool(truth=True, ensemble_size=2)
    factories.vote_all(study, [0, 1], "5")
    factories.vote_all(study, [2, 3], "6")
    for row in evaluation.request_all(study):
        evaluation.run(row.pk)
    client = Client()
    client.force_login(study.memberships.get().user)
    page = new_page(width, 900, color_scheme=scheme)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"/studies/{study.pk}/results/")
    expect(page.get_by_role("link", name="All 12 candidates")).to_be_visible()
    page.get_by_text("How to read this table").click()
    expect(page.get_by_text("every vote counts once")).to_be_visible()
    assert_clean(page)
