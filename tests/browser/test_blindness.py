"""Requirement 1.15 (10) in a real browser: nothing that reaches it, is kept by it or is shown in it tells anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Response

from studies.models import Invitation, Study, StudyMembership
from tests.browser.conftest import Voter
from tests.studies import blindness, factories, rich
from tests.studies.blindness import Secrets, unpack_pngs

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]

#: Everything that scripts of a page could read: its storage, its address, what the document says, and what it loaded.
KEPT = """async () => JSON.stringify({
  local: {...localStorage}, session: {...sessionStorage}, cookies: document.cookie, title: document.title,
  databases: indexedDB.databases ? (await indexedDB.databases()).map((one) => one.name) : [],
  caches: await caches.keys(), history: history.state, name: window.name, page: document.documentElement.outerHTML,
  loaded: performance.getEntriesByType("resource").map((one) => [one.name, one.serverTiming]),
})"""


@pytest.fixture
def study() -> Study:
    made = factories.open_study_with_pool(items=2, truth=True, page_size=10, seed=4_242_424_242)
    other = factories.weights(sampler=blindness.SAMPLER, name=blindness.WEIGHTS)
    made.additions.create(weights=other, count=6)
    for item in made.items.all():
        factories.more(item, 6, other)
    blindness.conceal(made)
    StudyMembership.objects.create(study=made, user=factories.user(blindness.STRANGER), role="viewer")
    Invitation.objects.create(study=made, number=1, note=rich.NOTE)
    factories.vote_all(made, [0, 1], simulated=True)  # who is no browser has turned no pages
    return made


class Watch:
    """What reached one page, in its order."""

    def __init__(self, page: Page) -> None:
        self.page, self.responses, self.lines = page, [], []  # type: ignore[var-annotated]
        page.on("response", lambda response: self.responses.append(response))
        page.on("console", lambda line: self.lines.append(line.text))

    def data(self) -> list[tuple[str, bytes]]:
        """(address, head and body) of each answer, then what the page keeps and has said."""
        found = [(one.url, _head(one) + _body(one)) for one in self.responses]
        return [
            *found,
            ("the page", self.page.evaluate(KEPT).encode()),
            ("the console", json.dumps(self.lines).encode()),
        ]

    def pictures(self) -> int:
        return sum(len(unpack_pngs(data)) for _, data in self.data())


def _head(response: Response) -> bytes:
    return json.dumps(response.all_headers()).encode()


def _body(response: Response) -> bytes:
    if 300 <= response.status < 400:
        return b""
    try:
        return response.body()
    except Exception:  # an answer that the page gave up itself, such as when it was left
        return b""


def look(watch: Watch, secrets: Secrets, allowed: set[int]) -> None:
    for address, data in watch.data():
        if "/static/" in address:  # read by everybody, and the same for everybody
            continue
        assert [*secrets.in_text(data)] == [], address
        assert [*secrets.in_pictures(data, allowed)] == [], address


def test_nothing_reaches_the_browser(new_page: NewPage, study: Study) -> None:
    """1.15 (10): from the consent to the thanks; candidates after the label alone, though pictures are loaded ahead."""
    page = new_page()
    voter, watch, secrets = Voter(page, study), Watch(page), Secrets.of(study)
    voter.consent()
    person, allowed = study.participants.latest("pk"), set[int]()
    secrets.texts += [str(person.seed), person.code, person.token_sha256, rich.NOTE]
    for trial in person.trials.order_by("number"):
        page.get_by_role("button", name="5", exact=True).wait_for()
        page.wait_for_load_state("networkidle")
        look(watch, secrets, allowed)
        voter.label("5")
        allowed.add(trial.item_id)
        voter.pick(0, 3)
        page.wait_for_load_state("networkidle")
        look(watch, secrets, allowed)
        finish(page)
    page.get_by_role("heading", name="Thank you").wait_for()
    look(watch, secrets, allowed)
    assert watch.pictures() >= 2 * 18, "the candidates of both images were among what was looked at"


def finish(page: Page) -> None:
    """Turn all pages, look the picks over, send."""
    forward = page.locator("[data-forward]")
    while forward.is_visible():
        forward.click()
        page.wait_for_load_state("networkidle")
    page.locator("[data-send]").click()


def test_the_browser_caches_no_picture(new_page: NewPage, study: Study) -> None:
    """Coming back, or looking into the cache, shows nothing of what was there: each answer forbids keeping it."""
    page: Any = new_page()
    voter, watch = Voter(page, study), Watch(page)
    voter.consent()
    voter.label("5")
    page.wait_for_load_state("networkidle")
    own = [one for one in watch.responses if f"/s/{study.slug}/" in one.url and one.status == 200]
    assert len(own) >= 2
    for response in own:
        assert "no-store" in (response.header_value("cache-control") or ""), response.url
