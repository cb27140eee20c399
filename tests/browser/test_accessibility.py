"""axe-core finds nothing on any page: WCAG 2.2 A and AA, and axe's own best practices (requirement 1.15 (9))."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page

from studies.models import Item, Kind, Mode, Participant, RatingPhase, Recruiting, Region, Study, StudyState
from studies.services import sign_in
from studies.services.design import question_text
from studies.services.opinions import methods
from studies.services.screens.viewing import Rules
from tests.browser.conftest import Voter
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db(transaction=True)
NewPage = Callable[..., Page]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [
    pytest.param((1440, 900), "light", id="wide-light"),
    pytest.param((360, 740), "dark", id="phone-dark"),
    pytest.param((320, 640), "light", id="320-px"),
]
QUESTIONS = """\
[age] How old are you? *
number 18 to 99

[sure] How sure were you? *
scale 1 to 5: unsure, sure

[glasses] Do you wear glasses?
- no
- yes
"""


def assert_clean(page: Page) -> None:
    """No finding of axe, and nothing to scroll sideways for, once colours have stopped fading."""
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => null)")
    found: Any = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    problems = [
        f"{finding['id']}: {node['target']} {node['failureSummary']}"
        for finding in found.response["violations"]
        for node in finding["nodes"]
    ]
    assert problems == [], "\n".join([page.url, *problems])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), f"{page.url} scrolls sideways"


def rich_study(region: Region) -> Study:
    """One image for practice and one that counts, with every block around them."""
    study = factories.open_study_with_pool(
        items=2, pool_size=12, page_size=6, ask_confidence=True, region=region, introduction="# Look\n\nTake *time*.",
        viewing=Rules(brightness=True, plates=1).as_mapping(), questionnaire=question_text.parse(QUESTIONS),
    )  # fmt: skip
    practice = study.items.first()
    assert practice is not None
    Item.objects.filter(pk=practice.pk).update(kind=Kind.PRACTICE, expected_label="6", feedback="Look at the **tail**.")
    Recruiting.objects.create(study=study, codes={"complete": "C0DE", "no_consent": "N0NE", "full": "FULL"})
    return study


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
@pytest.mark.parametrize("region", [Region.GRID, Region.LASSO])
def test_a_whole_study(new_page: NewPage, size: tuple[int, int], scheme: str, region: Region) -> None:
    page = new_page(*size, color_scheme=scheme)
    voter = Voter(page, rich_study(region))
    page.goto(voter.url)
    assert_clean(page)
    voter.consent()
    assert_clean(page)  # the viewing check
    for choice in page.locator("main select").all():
        choice.select_option(index=1)
    page.get_by_role("button", name="Check and go on").click()
    assert_clean(page)  # what failed, or a warning that it did
    Participant.objects.update(checked_at="2026-01-01T00:00Z")
    page.goto(f"{voter.url}trial/")
    assert_clean(page)  # the introduction
    page.get_by_role("button", name="Start with practice").click()
    for place in ("Practice 1 of 1", "Image 1 of 1"):
        page.get_by_text(place, exact=True).wait_for()
        assert_clean(page)  # the label step
        voter.label("5")
        assert_clean(page)  # candidates
        voter.pick(1)
        page.get_by_role("button", name="Compare").click()
        assert_clean(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Look at page 2").click()
        page.get_by_role("button", name="Review your picks").click()
        page.get_by_role("radio").first.wait_for()
        assert_clean(page)  # the review, with confidence and region
        page.get_by_role("radio").nth(2).check()
        voter.send()
        if place.startswith("Practice"):
            page.get_by_role("button", name="Begin").wait_for()
            assert_clean(page)  # feedback
            page.get_by_role("button", name="Begin").click()
    page.get_by_label("How old are you?").fill("17")
    assert_clean(page)  # the questionnaire
    page.get_by_role("button", name="Send and finish").click()
    assert_clean(page)  # and what is wrong with the answers
    page.get_by_label("How old are you?").fill("44")
    page.get_by_label("4", exact=True).check()
    page.get_by_role("button", name="Send and finish").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert_clean(page)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_pages_beside_the_way(new_page: NewPage, size: tuple[int, int], scheme: str) -> None:
    """Coming back, failing a check, declining, finding the study full, closed or not there; the statement."""
    study = rich_study(Region.NONE)
    page = new_page(*size, color_scheme=scheme)
    voter = Voter(page, study)
    for address in ("accessibility/", "no-thanks/"):
        page.goto(voter.url + address)
        assert_clean(page)
    voter.consent()
    page.goto(voter.url)
    assert_clean(page)  # welcome back
    Participant.objects.update(failed_at="2026-01-01T00:00Z")
    page.goto(f"{voter.url}trial/")
    assert_clean(page)
    page.context.clear_cookies()
    Recruiting.objects.filter(study=study).update(quota=1)
    Participant.objects.update(failed_at=None, finished_at="2026-01-01T00:00Z")
    page.goto(voter.url)
    assert_clean(page)  # full
    Study.objects.update(state=StudyState.CLOSED)
    page.goto(voter.url)
    assert_clean(page)
    page.goto("/s/nothing-here/")
    assert_clean(page)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_pages_of_researchers(new_page: NewPage, size: tuple[int, int], scheme: str) -> None:
    ada = factories.user("ada")
    study = factories.open_study_with_pool(items=2, owner=ada, truth=True)
    for _ in range(3):
        factories.vote_all(study, [1, 2])
    page = new_page(*size, color_scheme=scheme)
    page.goto(sign_in.make_link_path(ada))
    assert_clean(page)
    page.locator("main").get_by_role("button", name="Sign in").click()
    for address in addresses(study):
        page.goto(address)
        assert_clean(page)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
@pytest.mark.parametrize("mode", Mode.values)
def test_the_rating_phase(new_page: NewPage, size: tuple[int, int], scheme: str, mode: str) -> None:
    """Consent and instructions, a picture or pair, welcome back, thanks; being turned away; the researcher's page."""
    ada = factories.user("ada")
    study = rated.voted(items=2, voters=1, owner=ada)
    methods.add(study, "EDSR", rated.method_files(study))
    page = new_page(*size, color_scheme=scheme)
    rated.opened(study, mode=mode, who="others", instructions="# Look\n\nTake *time*.")
    voter = Voter(page, study)
    page.goto(voter.url)
    assert_clean(page)
    voter.consent()
    assert_clean(page)
    page.get_by_role("button", name="Start").click()
    page.locator(".rating-choices:not(:disabled)").wait_for()
    assert_clean(page)
    page.goto(voter.url)
    assert_clean(page)
    rated.rate_all(Participant.objects.get(rates_only=True))
    page.goto(f"{voter.url}thanks/")
    assert_clean(page)
    page.context.clear_cookies()
    RatingPhase.objects.update(who="same")
    page.goto(voter.url)
    assert_clean(page)  # kept out
    page.goto(sign_in.make_link_path(ada))
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.goto(reverse("studies:rating", args=[study.pk]))
    for summary in page.locator("summary").all():
        summary.click()
    assert_clean(page)


def addresses(study: Study) -> list[str]:
    """Every page of a study's researcher."""
    one = study.items.first()
    assert one is not None
    names = ("study", "edit", "results", "delete", "participants", "doors", "links", "links-print", "rating")
    return [
        reverse("studies:list"),
        reverse("studies:new"),
        *(reverse(f"studies:{name}", args=[study.pk]) for name in names),
        *(reverse(f"studies:{name}", args=[study.pk, one.pk]) for name in ("item", "more")),
    ]
