"""The HTML report in a real browser: it fits phones, axe finds nothing on it, it asks for nothing, and it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from studies.reporting import making, work
from tests.browser.test_accessibility import assert_clean
from tests.studies import factories


@pytest.mark.django_db(transaction=True)
def test_the_report_stands_alone(browser: Browser, tmp_path: Path) -> None:
    study = factories.open_study_with_pool(truth=True, ensemble_size=2, name="A name, as long as names may be. " * 5)
    factories.vote_all(study, [0, 1], "5")
    factories.vote_all(study, [2, 3], "6", simulated=True)
    path = tmp_path / "report.html"
    making.write(making.parts(making.source(study, work.ready(study))), path)
    schemes: tuple[tuple[int, Literal["dark", "light"]], ...] = ((360, "dark"), (1440, "light"))
    for width, scheme in schemes:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))  # type: ignore[misc]
        page.goto(path.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
        assert_clean(page)
        if scheme == "dark":
            page.close()
    printed = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 594" in printed or b"/MediaBox [0 0 595" in printed  # A4, in points
    page.close()
