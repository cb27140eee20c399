"""A real Chromium against the live server. Without Chromium these tests are skipped (in CI: they fail)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from studies.models import Study
from tests.conftest import missing

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# What a page is told when it goes to the background or comes back.
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def allow_database_beside_playwright() -> Iterator[None]:
    """Playwright's synchronous interface keeps an event loop in this thread, where Django suspects mistakes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium is not installed")
    return {"executable_path": path, "args": QUIET}


@pytest.fixture
def new_page(browser: Any, live_server: LiveServer) -> Iterator[Any]:
    """Opens pages at a size and device pixel ratio; whatever script or policy error a page reports fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_page(width: int = 1440, height: int = 900, *, context: Any = None, **options: Any) -> Page:
        if context is None:
            context = browser.new_context(
                viewport={"width": width, "height": height}, base_url=live_server.url, **options
            )
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
        page.on("request", lambda request: _same_server(request.url, live_server.url, errors))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def _same_server(url: str, server: str, errors: list[str]) -> None:
    if not url.startswith((server, "data:", "blob:")):
        errors.append(f"request to somebody else: {url}")


class Voter:
    """A person at a page, as the tests speak of what they do."""

    def __init__(self, page: Page, study: Study) -> None:
        self.page = page
        self.url = f"/s/{study.slug}/"

    def consent(self) -> None:
        self.page.goto(self.url)
        self.page.get_by_role("button", name="I agree, start").click()
        self.page.wait_for_url("**/trial/")

    def label(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.loaded()

    def loaded(self) -> None:
        self.page.locator("[data-grid]:not([hidden])").wait_for()

    def pick(self, *positions: int) -> None:
        for position in positions:
            self.candidate(position).click()

    def candidate(self, position: int) -> Any:
        return self.page.get_by_role("button", name=f"Candidate {position + 1}", exact=True)

    def picked(self) -> list[int]:
        """Positions in the order of the tray."""
        names = self.page.locator(".tray-show").evaluate_all("all => all.map(one => one.ariaLabel)")
        return [int(name.rsplit(" ", 1)[1]) - 1 for name in names]

    def counter(self) -> str:
        return self.page.locator("[data-counter]").inner_text()

    def send(self) -> None:
        self.page.locator("[data-send]").click()
