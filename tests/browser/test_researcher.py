"""A researcher in a real browser: from the sign-in link to an open study, and its results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inference.core.images import encode_png
from inference.models import GenerationJob, JobState
from inference.services import catalogue
from studies.models import Item, Study
from studies.services import sign_in
from tests.studies import factories
from tests.tiny import TinySettings

SIZES = [(360, 740), (768, 1024), (1440, 900)]


@pytest.fixture
def ada(transactional_db: None) -> Any:
    return factories.user("ada")


@pytest.fixture
def signed_in(new_page: Callable[..., Page], ada: Any) -> Callable[..., Page]:
    def open_page(*size: int, **options: Any) -> Page:
        page = new_page(*size, **options)
        page.goto(sign_in.make_link_path(ada))
        page.locator("main").get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Studies")).to_be_visible()
        return page

    return open_page


def has_no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"))


def test_make_a_study_and_upload(signed_in: Callable[..., Page], data_dir: Path, tmp_path: Path) -> None:
    weights = data_dir / "weights" / "ldm"
    weights.mkdir(parents=True)
    (weights / "mine.safetensors").write_bytes(b"never read")
    (weights / "mine.json").write_text(json.dumps({"sha256": "cd" * 32, "scale": 4, "channels": 1}))
    page = signed_in()
    page.get_by_role("link", name="New study").click()
    page.get_by_label("Name", exact=True).fill("My digits")
    page.get_by_label("Steps").fill("12")
    page.get_by_label("Pool size m").fill("3")
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_text("People cannot pick 5 of 3")).to_be_visible()
    page.get_by_label("Pool size m").fill("30")
    page.get_by_role("button", name="Make the study").click()
    expect(page.get_by_role("heading", name="My digits")).to_be_visible()
    assert Study.objects.get().settings["steps"] == 12

    files = []
    for name in ("7", "8"):
        files.append(tmp_path / f"{name}.png")
        files[-1].write_bytes(encode_png(factories.pixels(8)))
    page.get_by_label("Low-resolution images").set_input_files(files)
    page.locator(".upload").get_by_role("button", name="Add images").click()
    expect(page.get_by_text("2 images were added")).to_be_visible()
    page.get_by_role("button", name="Draw candidates").first.click()
    expect(page.get_by_role("button", name="Cancel drawing")).to_be_visible()


def test_panel_follows_the_drawing_and_then_rests(signed_in: Callable[..., Page], ada: Any) -> None:
    study = factories.study(owner=ada)
    factories.pool(factories.item(study))
    GenerationJob.objects.update(state=JobState.RUNNING)
    page = signed_in()
    page.goto(study.get_absolute_url())
    expect(page.get_by_text("Candidates are being drawn")).to_be_visible()
    GenerationJob.objects.update(state=JobState.DONE)
    expect(page.get_by_role("button", name="Open the study")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []
    page.get_by_role("button", name="Open the study").click()
    expect(page.get_by_text("Send people the participants’ link").first).to_be_visible()


def test_fields_follow_the_chosen_weights(signed_in: Callable[..., Page], ada: Any) -> None:
    study = factories.study(owner=ada)
    page = signed_in()
    page.goto(f"{study.get_absolute_url()}edit/")
    with page.expect_response("**/sampler-settings/**") as answer:
        page.get_by_label("Sampler and weights").dispatch_event("change")
    assert answer.value.status == 200
    expect(page.get_by_label("Steps")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pages_fit(
    signed_in: Callable[..., Page], ada: Any, run_tasks: Callable[[], int], size: tuple[int, int], scheme: str
) -> None:
    """No page scrolls sideways; whatever the policy blocks, or a script error, fails (see new_page)."""
    study = factories.open_study_with_pool(owner=ada, truth=True, name="A study with quite a long name to wrap")
    factories.vote_all(study, [0, 1, 2])
    page = signed_in(*size, color_scheme=scheme)
    page.goto(f"/studies/{study.pk}/results/")
    page.get_by_role("button", name="Make the ensembles").click()
    expect(page.get_by_text("A worker is making the ensembles")).to_be_visible()
    run_tasks()
    expect(page.get_by_alt_text("Ensemble of the chosen samples")).to_be_visible()
    for path in ("results/", "", "edit/", f"items/{study.items.get().pk}/"):
        page.goto(f"/studies/{study.pk}/{path}")
        assert has_no_sideways_scroll(page), path
        broken = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
        assert page.evaluate(broken) == []
    page.goto("/studies/")
    assert has_no_sideways_scroll(page)


@pytest.fixture
def item(ada: Any, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Item:
    """With a pool whose samples can be mixed."""
    monkeypatch.setattr(TinySettings, "MIXTURES", ("interpolation", "fusion"), raising=False)
    weights = next(row for row in catalogue() if str(row) == "tiny/grey")
    made = factories.item(factories.study(owner=ada, weights=weights, settings={}))
    factories.pool(made)
    return made


def test_a_region_is_drawn_over_the_picture_and_typed(signed_in: Callable[..., Page], item: Item) -> None:
    samples, page = list(item.pool), signed_in()
    page.goto(f"/studies/{item.study_id}/items/{item.pk}/")
    page.get_by_role("link", name="Make more candidates from these").click()
    expect(page.get_by_label("Left")).to_be_hidden()
    page.get_by_label("A part of B inside A").check()
    page.get_by_label("Candidate 3 as A").check()
    page.get_by_label("Candidate 5 as B").check()
    expect(page.get_by_text("A: candidate 3")).to_be_visible()
    shown = page.get_by_alt_text("Candidate A, enlarged")
    assert f"/sample/{samples[3].pk}.png" in (shown.get_attribute("src") or "")

    box = shown.bounding_box()
    assert box is not None
    pixel = box["width"] / 32
    page.mouse.move(box["x"] + 20.5 * pixel, box["y"] + 24.5 * pixel)
    page.mouse.down()
    page.mouse.move(box["x"] + 4.5 * pixel, box["y"] + 8.5 * pixel)
    page.mouse.up()
    numbers = [page.get_by_label(name).input_value() for name in ("Left", "Top", "Width", "Height")]
    assert numbers == ["4", "8", "17", "17"], "whole pixels that the pointer went over"
    page.get_by_label("Width").fill("10")
    assert page.locator(".mix-region rect").first.get_attribute("width") == "10"

    page.get_by_role("button", name="Make them").press("Enter")
    expect(page.get_by_text("A worker makes 5 more candidates now.")).to_be_visible()
    made = item.jobs.exclude(derivation={}).get()
    assert made.derivation["box"] == [4, 8, 14, 25]
    assert made.derivation["samples"] == [samples[3].sha256, samples[5].sha256]
    expect(page.get_by_text("waiting for a worker")).to_be_visible()
    GenerationJob.objects.filter(pk=made.pk).update(state=JobState.DONE)
    expect(page.get_by_text("waiting for a worker")).to_be_hidden()


def test_a_hidden_region_holds_nothing_back(signed_in: Callable[..., Page], item: Item) -> None:
    page = signed_in(360, 740)
    page.goto(f"/studies/{item.study_id}/items/{item.pk}/more/")
    touch = "getComputedStyle(document.querySelector('.mix-picture')).touchAction"
    assert page.evaluate(touch) == "auto", "a finger on a picture scrolls the page"
    page.get_by_label("A part of B inside A").check()
    assert page.evaluate(touch) == "none"
    page.get_by_label("Left").fill("999")
    page.get_by_label("On the way from A to B").check()
    page.get_by_role("button", name="Make them").click()
    expect(page.get_by_text("A worker makes 5 more candidates now.")).to_be_visible()
    assert item.jobs.exclude(derivation={}).get().derivation["kind"] == "interpolation"


def test_following_a_pool_keeps_the_focus_and_says_when_it_is_whole(signed_in: Callable[..., Page], item: Item) -> None:
    made = factories.more(item, 2, parents=list(item.pool[:2]))
    GenerationJob.objects.filter(pk=made.pk).update(state=JobState.RUNNING)
    page = signed_in()
    page.goto(f"/studies/{item.study_id}/items/{item.pk}/")
    status = page.locator("#pool-status")
    expect(status).to_have_text("")
    status.evaluate("one => { one.dataset.stays = 'yes'; }")
    page.get_by_role("button", name="Remove").focus()
    with page.expect_response(f"**/items/{item.pk}/"):
        pass
    page.wait_for_timeout(200)
    expect(page.get_by_role("button", name="Remove")).to_be_focused()
    GenerationJob.objects.filter(pk=made.pk).update(state=JobState.DONE)
    expect(status).to_have_text("14 of 14 candidates are drawn.")
    assert status.get_attribute("data-stays") == "yes", "the same element, so that it is read out"
    expect(page.get_by_role("button", name="Remove")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pages_of_mixed_families_fit(
    signed_in: Callable[..., Page], ada: Any, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], scheme: str
) -> None:
    study = factories.mixed_study(owner=ada)
    item = study.items.get()
    factories.more(item, 2, factories.weights(sampler="srdiff", name="other"), parents=list(item.pool[12:14]))
    factories.vote_all(study, [0, 12, 13])
    page = signed_in(*size, color_scheme=scheme)
    page.goto(f"/studies/{study.pk}/results/")
    expect(page.get_by_role("heading", name="Votes by family").first).to_be_visible()
    assert has_no_sideways_scroll(page)
    Study.objects.update(state="draft", frozen_at=None)
    for path in ("", f"items/{item.pk}/", f"items/{item.pk}/more/"):
        page.goto(f"/studies/{study.pk}/{path}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert has_no_sideways_scroll(page), path
        small = page.locator(".mix-choice label").evaluate_all(
            "all => all.filter(one => one.offsetWidth < 24 || one.offsetHeight < 24).length"
        )
        assert small == 0
