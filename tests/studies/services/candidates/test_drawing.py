"""Pools are asked for once per protocol, watched by queries, and cancelled."""

from __future__ import annotations

import pytest

from inference import services as inference
from inference.core.images import encode_png
from inference.models import GenerationJob, JobState
from studies.errors import LifecycleError
from studies.models import Study
from studies.services import intake, lifecycle
from studies.services.candidates import drawing
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tiny):
    weights = next(row for row in inference.catalogue() if str(row) == "tiny/grey")
    study = factories.study(weights=weights, pool_size=6, settings={})
    for seed in range(2):
        intake.add_item(study, encode_png(factories.pixels(8, 1, seed)))
    return study


def test_a_study_is_drawn_whole_and_can_be_opened(study, run_tasks):
    jobs = drawing.start(study)
    assert [job.count for job in jobs] == [6, 6]
    before = drawing.progress(study)
    assert (before.done, before.total, before.running) == (0, 12, True)
    assert {item.state for item in before.items} == {JobState.QUEUED}
    run_tasks()
    after = drawing.progress(study)
    assert (after.done, after.total, after.running) == (12, 12, False)
    assert drawing.ready(study)
    lifecycle.open_study(study)


def test_seeds_follow_from_study_image_and_weights(study):
    jobs = drawing.start(study)
    assert len({job.first_seed for job in jobs}) == 2
    assert [job.first_seed for job in jobs] == [drawing.first_seed(study, item) for item in study.items.all()]
    assert all(0 <= job.first_seed < 2**62 for job in jobs)


def test_asking_again_is_the_same_request(study, run_tasks):
    first = drawing.start(study)
    run_tasks()
    assert [job.pk for job in drawing.start(study)] == [job.pk for job in first]
    assert run_tasks() == 0


def test_another_protocol_draws_anew_and_keeps_the_old_samples(study, run_tasks):
    old = drawing.start(study)
    run_tasks()
    lifecycle.update_protocol(study, settings={"noise": 0.2})
    assert drawing.progress(study).done == 0
    assert {item.state for item in drawing.progress(study).items} == {drawing.NOT_ASKED}
    new = drawing.start(study)
    run_tasks()
    assert {job.pk for job in old}.isdisjoint(job.pk for job in new)
    assert drawing.ready(study)
    assert all(job.samples.count() == 6 for job in GenerationJob.objects.all())


def test_drawing_can_be_cancelled_and_goes_on(study, run_tasks):
    drawing.start(study)
    drawing.cancel(study)
    assert {item.state for item in drawing.progress(study).items} == {JobState.CANCELLED}
    assert not drawing.progress(study).running
    drawing.start(study)
    run_tasks()
    assert drawing.ready(study)


def test_a_failed_job_shows_its_error(study):
    job = drawing.start(study)[0]
    GenerationJob.objects.filter(pk=job.pk).update(state=JobState.FAILED, error="The weights are gone.")
    item = drawing.progress(study).items[0]
    assert (item.state, item.error) == (JobState.FAILED, "The weights are gone.")
    assert not drawing.ready(study)


@pytest.mark.both
def test_a_study_that_was_read_before_is_drawn_by_the_present_protocol(study):
    stale = Study.objects.get(pk=study.pk)
    lifecycle.update_protocol(study, settings={"noise": 0.3})
    assert {job.settings["noise"] for job in drawing.start(stale)} == {0.3}
    Study.objects.update(state="open")
    with pytest.raises(LifecycleError, match="vote"):
        drawing.start(stale)


def test_nothing_to_draw_is_said():
    with pytest.raises(LifecycleError, match="add at least one"):
        drawing.start(factories.study())


def test_what_people_vote_on_is_not_drawn_anew():
    study = factories.open_study_with_pool()
    with pytest.raises(LifecycleError, match="vote"):
        drawing.start(study)
