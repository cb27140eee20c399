"""Make more candidates from two, on a page of its own; the item's page says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from inference.models import GenerationJob, JobState, Sample
from inference.services import catalogue
from studies.models import Item
from studies.services.candidates import drawing
from tests.studies import factories
from tests.tiny import TinySettings


@pytest.fixture
def item(ada: User, tiny: object, run_tasks: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> Item:
    monkeypatch.setattr(TinySettings, "MIXTURES", ("interpolation", "fusion"), raising=False)
    weights = next(row for row in catalogue() if str(row) == "tiny/grey")
    study = factories.study(owner=ada, weights=weights, settings={})
    made = factories.item(study)
    drawing.start(study)
    run_tasks()
    return made


def address(item: Item, more: str = "more/") -> str:
    return f"/studies/{item.study_id}/items/{item.pk}/{more}"


def page(client: Client, item: Item) -> str:
    return client.get(address(item, "")).content.decode()


def fields(item: Item, **changes: Any) -> dict[str, Any]:
    first, second = item.pool[:2]
    sent = {"kind": "fusion", "first": first.pk, "second": second.pk, "count": 3, "step": 40, "seed": 2}
    return {**sent, "left": 4, "top": 8, "width": 16, "height": 12, **changes}


def test_the_way_there(browser_of_ada: Client, item: Item) -> None:
    assert address(item) in page(browser_of_ada, item)
    text = browser_of_ada.get(address(item)).content.decode()
    assert text.count('type="radio" name="first"') == text.count('type="radio" name="second"') == 12
    assert 'viewBox="0 0 32 32"' in text
    assert '<rect x="8" y="8" width="16" height="16"/>' in text


def test_fusion(browser_of_ada: Client, item: Item) -> None:
    text = browser_of_ada.post(address(item), fields(item), follow=True).content.decode()
    assert "A worker makes 3 more candidates now." in text
    job = item.jobs.exclude(derivation={}).get()
    assert (job.derivation["box"], job.derivation["percent"], list(job.seeds)) == ([4, 8, 20, 20], 40, [2, 3, 4])
    assert "tiny/grey, fused" in text
    assert "Candidate 0 with 16 x 12 pixels of candidate 1 from (4, 8) on, 40 per cent of the chain anew." in text
    assert "12 of 15" in text


def test_interpolation_needs_no_region(browser_of_ada: Client, item: Item) -> None:
    first, second = item.pool[3:5]
    sent = {"kind": "interpolation", "first": first.pk, "second": second.pk, "count": 2, "left": "", "seed": ""}
    text = browser_of_ada.post(address(item), sent, follow=True).content.decode()
    assert item.jobs.exclude(derivation={}).get().derivation["samples"] == [first.sha256, second.sha256]
    assert "On the way from candidate 3 to candidate 4." in text


def test_what_an_interpolation_does_not_need_does_not_hold_it_back(browser_of_ada: Client, item: Item) -> None:
    sent = fields(item, kind="interpolation", left=999, width=0, step=100, seed=-1)
    answer = browser_of_ada.post(address(item), sent)
    assert answer.status_code == 302
    refused = browser_of_ada.post(address(item), {**sent, "count": 0}).content.decode()
    assert 'name="left" value="8"' in refused, "as at the beginning"


def test_asked_again_it_is_said(browser_of_ada: Client, item: Item) -> None:
    for sentence in ("A worker makes 3 more candidates now.", "These candidates are in the pool already; another seed"):
        assert sentence in browser_of_ada.post(address(item), fields(item), follow=True).content.decode()
    assert item.jobs.count() == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"left": 20}, "does not lie within 32 x 32 pixels"),
        ({"left": 0, "top": 0, "width": 32, "height": 32}, "The region is the whole picture"),
        ({"width": ""}, "This field is required."),
        ({"step": 100}, "less than or equal to 99"),
        ({"count": 0}, "greater than or equal to 1"),
        ({"count": 990}, "room for 988 more"),
        ({"second": 0}, "B: Select a valid choice."),
        ({"kind": "sorcery"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_kept(browser_of_ada: Client, item: Item, changes: dict, sentence: str) -> None:
    answer = browser_of_ada.post(address(item), fields(item, **changes))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert item.jobs.count() == 1
    if "left" in changes:
        assert f'name="left" value="{changes["left"]}"' in answer.content.decode()


def test_a_sample_of_another_item_is_no_choice(browser_of_ada: Client, item: Item) -> None:
    other = factories.item(item.study)
    foreign = factories.pool(other)[0]
    answer = browser_of_ada.post(address(item), fields(item, first=foreign.pk))
    assert "A: Select a valid choice." in answer.content.decode()


def test_taken_out_again(browser_of_ada: Client, item: Item) -> None:
    browser_of_ada.post(address(item), fields(item))
    made = item.jobs.exclude(derivation={}).get()
    text = browser_of_ada.post(address(item, f"jobs/{made.pk}/remove/"), follow=True).content.decode()
    assert "no longer in the pool" in text
    assert item.jobs.count() == 1


def test_what_was_drawn_is_not_taken_out_that_way(browser_of_ada: Client, item: Item) -> None:
    assert browser_of_ada.post(address(item, f"jobs/{item.jobs.get().pk}/remove/")).status_code == 404
    assert item.jobs.count() == 1


def test_samplers_that_cannot_mix_are_not_offered(ada: User, browser_of_ada: Client) -> None:
    item = factories.item(factories.study(owner=ada, weights=factories.weights(sampler="linf", name="digits")))
    factories.pool(item)
    assert "Make more" not in page(browser_of_ada, item)
    assert "no two candidates" in browser_of_ada.get(address(item), follow=True).content.decode()


def test_not_while_people_vote(browser_of_ada: Client, item: Item) -> None:
    type(item.study).objects.update(state="open")
    assert "Make more" not in page(browser_of_ada, item)
    for answer in (browser_of_ada.get(address(item), follow=True), browser_of_ada.post(address(item), follow=True)):
        assert "may already vote" in answer.content.decode()


def test_the_page_of_one_quiet_job_has_no_headings(browser_of_ada: Client, item: Item) -> None:
    text = page(browser_of_ada, item)
    assert "pool-head" not in text
    assert "hx-trigger" not in text


def test_the_page_follows_what_is_being_made(browser_of_ada: Client, item: Item) -> None:
    browser_of_ada.post(address(item), fields(item))
    assert 'hx-trigger="every 2s"' in page(browser_of_ada, item)
    GenerationJob.objects.update(state=JobState.FAILED, error="The weights are gone.")
    text = page(browser_of_ada, item)
    assert "hx-trigger" not in text
    assert "The weights are gone." in text


def test_a_cancelled_job_says_so(browser_of_ada: Client, item: Item) -> None:
    GenerationJob.objects.update(state=JobState.CANCELLED)
    assert '<span class="pill pill-cancelled">cancelled</span>' in page(browser_of_ada, item)


def test_what_is_being_made_is_announced_once_outside_of_what_is_swapped(browser_of_ada: Client, item: Item) -> None:
    status = '<p id="pool-status" class="visually-hidden" role="status">{}</p>'
    assert status.format("12 of 12 candidates are drawn.") in page(browser_of_ada, item)
    browser_of_ada.post(address(item), fields(item))
    assert status.format("") in page(browser_of_ada, item)


def test_numbers_go_on_over_the_jobs(browser_of_ada: Client, item: Item) -> None:
    factories.more(item, 2, factories.weights(sampler="srdiff", name="other"))
    text = page(browser_of_ada, item)
    assert 'alt="Candidate 13"' in text
    assert text.count('alt="Candidate 0"') == 1
    assert "srdiff/other" in text


def test_health_is_one_sentence_on_the_jobs_row(browser_of_ada: Client, item: Item) -> None:
    keys = list(item.pool.values_list("pk", flat=True))
    Sample.objects.filter(pk__in=keys[:2]).update(fault="not finite", attempt=1)
    Sample.objects.filter(pk=keys[2]).update(fault="colour cast", attempt=5, suspect=True)
    text = page(browser_of_ada, item)
    assert "3 of 12 were drawn again (1 colour cast, 2 not finite); 1 kept its fault." in text
    assert text.count('class="sample-fault"') == 1


def test_samples_that_are_all_alike_are_said(ada: User, browser_of_ada: Client) -> None:
    item = factories.item(factories.study(owner=ada))
    factories.pool(item, images=[factories.pixels(32, seed=1)] * 12)
    assert "are the same picture" in page(browser_of_ada, item)
