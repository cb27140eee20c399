"""Start, watch and cancel the drawing of candidates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from inference.models import GenerationJob, JobState, Sample
from inference.services import catalogue
from studies.models import Study
from tests.studies import factories
from tests.studies.views.researcher.conftest import HTMX


@pytest.fixture
def study(ada: User) -> Study:
    study = factories.study(owner=ada)
    factories.item(study)
    return study


def panel(client: Client, study: Study) -> str:
    return client.get(f"/studies/{study.pk}/progress/", headers=HTMX).content.decode()


def test_start(browser_of_ada: Client, study: Study) -> None:
    page = browser_of_ada.post(f"/studies/{study.pk}/draw/", follow=True).content.decode()
    assert GenerationJob.objects.get().count == 12
    assert "hx-get" in panel(browser_of_ada, study)
    assert "waiting for a worker" in page


def test_panel_asks_again_only_while_something_is_drawn(browser_of_ada: Client, study: Study) -> None:
    assert "hx-trigger" not in panel(browser_of_ada, study)
    browser_of_ada.post(f"/studies/{study.pk}/draw/")
    assert 'hx-trigger="every 1s"' in panel(browser_of_ada, study)
    for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED):
        GenerationJob.objects.update(state=state)
        assert "hx-trigger" not in panel(browser_of_ada, study)


def test_panel_brings_the_next_step_along(browser_of_ada: Client, study: Study) -> None:
    item = study.items.get()
    factories.pool(item)
    fragment = panel(browser_of_ada, study)
    assert 'hx-swap-oob="true"' in fragment
    assert "open the study to people" in fragment
    assert "<html" not in fragment


def test_cancel(browser_of_ada: Client, study: Study) -> None:
    browser_of_ada.post(f"/studies/{study.pk}/draw/")
    browser_of_ada.post(f"/studies/{study.pk}/draw/cancel/")
    assert GenerationJob.objects.get().state == JobState.CANCELLED
    assert "cancelled" in panel(browser_of_ada, study)


def test_error_of_a_job_is_shown(browser_of_ada: Client, study: Study) -> None:
    browser_of_ada.post(f"/studies/{study.pk}/draw/")
    GenerationJob.objects.update(state=JobState.FAILED, error="The weights file is missing.")
    fragment = panel(browser_of_ada, study)
    assert "The weights file is missing." in fragment
    assert "Drawing has stopped at an error" in fragment


def test_refusal_keeps_its_status_for_htmx(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada)
    answer = browser_of_ada.post(f"/studies/{study.pk}/draw/", headers=HTMX)
    assert answer.status_code == 409
    assert "cannot be drawn anew" in answer.content.decode()
    page = browser_of_ada.post(f"/studies/{study.pk}/draw/", follow=True)
    assert "cannot be drawn anew" in page.content.decode()


def test_weights_that_were_changed_draw_nothing_and_the_panel_says_so(
    ada: User, browser_of_ada: Client, tiny: object, data_dir: Path, run_tasks: Callable[[], int]
) -> None:
    """Put back, they go on."""
    weights = next(row for row in catalogue() if str(row) == "tiny/grey")
    study = factories.study(owner=ada, weights=weights)
    factories.item(study)
    file = data_dir / "weights" / "tiny" / "grey.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole + b"!")
    browser_of_ada.post(f"/studies/{study.pk}/draw/")
    run_tasks()
    assert "sha256" in GenerationJob.objects.get().error
    assert escape(GenerationJob.objects.get().error) in panel(browser_of_ada, study)
    assert not Sample.objects.exists()

    file.write_bytes(whole)
    browser_of_ada.post(f"/studies/{study.pk}/draw/")
    run_tasks()
    assert study.items.get().pool.count() == 12
    assert escape("sha256") not in panel(browser_of_ada, study)
