"""Candidates of several families in one pool: drawn beside the study's own, taken out again, refused on clashes."""

from __future__ import annotations

import pytest

from inference import services as inference
from inference.core.images import encode_png
from inference.models import GenerationJob, JobState
from studies.errors import LifecycleError
from studies.models import Study, Trial
from studies.services import intake, lifecycle, voting
from studies.services.candidates import additions, drawing
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def known(tiny):
    return {str(row): row for row in inference.catalogue()}


@pytest.fixture
def study(known):
    study = factories.study(weights=known["tiny/grey"], pool_size=6, settings={})
    for seed in range(2):
        intake.add_item(study, encode_png(factories.pixels(8, 1, seed)))
    return study


def test_both_families_are_drawn_into_every_pool(study, known, run_tasks):
    drawing.start(study)
    run_tasks()
    additions.add(study, known["tiny/colour"], count=4)
    assert drawing.missing(study)
    assert (drawing.progress(study).done, drawing.progress(study).total) == (12, 20)
    run_tasks()
    assert not drawing.missing(study)
    for item in study.items.all():
        assert [job.weights.name for job in item.jobs.order_by("pk")] == ["grey", "colour"]
        assert len(set(item.pool.values_list("sha256", flat=True))) == 10
        shapes = {inference.read_sample(sample).shape for sample in item.pool}
        assert shapes == {(32, 32, 1)}, "nothing about a picture tells its family"
    lifecycle.open_study(study)


def test_its_settings_are_its_own_and_complete(study, known):
    added = additions.add(study, known["tiny/colour"], count=2, settings={"noise": 0.3})
    assert added.settings["noise"] == 0.3
    assert added.settings["projection"] == 0
    jobs = GenerationJob.objects.filter(weights=known["tiny/colour"])
    assert {job.settings["noise"] for job in jobs} == {0.3}


def test_before_there_are_images_nothing_is_asked_for(known):
    study = factories.study(weights=known["tiny/grey"], pool_size=6, settings={})
    additions.add(study, known["tiny/colour"], count=4)
    assert not GenerationJob.objects.exists()
    intake.add_item(study, encode_png(factories.pixels(8)))
    assert [job.count for job in drawing.start(study)] == [6, 4]


def test_taken_out_with_what_was_made_of_it(study, known, run_tasks):
    added = additions.add(study, known["tiny/colour"], count=4)
    run_tasks()
    item = study.items.first()
    other = item.jobs.get(weights=known["tiny/colour"])
    own = item.jobs.get(weights=known["tiny/grey"])
    child = factories.more(item, 2, parents=list(other.samples.all()[:2]))
    factories.more(item, 2, parents=list(child.samples.all()))
    kept = factories.more(item, 3, parents=list(own.samples.all()[:2]))
    additions.remove(added)
    assert set(item.jobs.all()) == {own, kept}
    assert other.samples.count() == 4, "samples stay stored"
    assert not drawing.missing(study)


def test_drawing_again_keeps_what_was_made_of_samples(study, run_tasks):
    drawing.start(study)
    run_tasks()
    item = study.items.first()
    made = factories.more(item, 2, parents=list(item.pool[:2]))
    GenerationJob.objects.filter(pk=made.pk).update(state=JobState.CANCELLED)
    drawing.start(study)
    made.refresh_from_db()
    assert made.state == JobState.QUEUED
    assert item.jobs.count() == 2


def test_one_failed_job_does_not_hide_another_that_is_drawn(study, known):
    additions.add(study, known["tiny/colour"], count=4)
    GenerationJob.objects.filter(weights=known["tiny/grey"]).update(state=JobState.FAILED, error="The disk is full.")
    assert drawing.progress(study).running
    GenerationJob.objects.filter(weights=known["tiny/colour"]).update(state=JobState.RUNNING)
    assert drawing.progress(study).running
    assert {item.error for item in drawing.progress(study).items} == {"The disk is full."}


@pytest.mark.parametrize(
    ("weights", "count", "sentence"),
    [
        ({"name": "x8", "scale": 8}, 4, "ldm/x8 enlarge x8, but this study x4"),
        ({}, 4, "draw candidates of this study already"),
        ({"name": "other"}, 0, "from 1 to 1,000"),
        ({"name": "other"}, 990, "there is room for 988 more"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(weights, count, sentence):
    study = factories.study()
    factories.item(study)
    with pytest.raises(LifecycleError, match=sentence) as refusal:
        additions.add(study, factories.weights(**weights), count=count)
    assert refusal.value.message.count(". ") == 0
    assert not study.additions.exists()


def test_grey_weights_are_refused_for_colour_images():
    study = factories.study(weights=factories.weights(channels=3))
    with pytest.raises(LifecycleError, match="kept in colour"):
        additions.add(study, factories.weights(), count=4)


def test_the_same_weights_are_not_added_twice(study, known):
    additions.add(study, known["tiny/colour"], count=4)
    with pytest.raises(LifecycleError, match="already"):
        additions.add(study, known["tiny/colour"], count=8)


def test_pools_that_people_may_vote_on_stay_as_they_are():
    study = factories.mixed_study()
    with pytest.raises(LifecycleError, match="may already vote"):
        additions.add(study, factories.weights(name="third"), count=4)
    with pytest.raises(LifecycleError, match="may already vote"):
        additions.remove(study.additions.get())


def test_picks_begun_on_another_pool_are_forgotten():
    study = factories.open_study_with_pool()
    trial = factories.labelled_trial(study)
    voting.save_draft(trial, [1, 2])
    lifecycle.close_study(study)
    additions.add(study, factories.weights(name="other"), count=4)
    trial = Trial.objects.get(pk=trial.pk)
    assert (trial.draft, trial.label) == ([], "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights": {"name": "x8", "scale": 8}}, "but the addition srdiff/other x4"),
        ({"weights": {"sampler": "srdiff", "name": "other"}}, "remove that addition first"),
        ({"pool_size": 998}, "at most 1,000"),
    ],
)
def test_a_protocol_that_clashes_with_its_additions_is_refused(changes, sentence):
    study = factories.mixed_study()
    Study.objects.update(state="draft")
    fields = {name: factories.weights(**value) if name == "weights" else value for name, value in changes.items()}
    with pytest.raises(LifecycleError, match=sentence):
        lifecycle.update_protocol(study, **fields)


def test_grey_additions_do_not_go_with_colour():
    study = factories.study()
    study.additions.create(weights=factories.weights(name="more"), count=4)
    with pytest.raises(LifecycleError, match="ldm/more draws grey images, but ldm/test3 keep images in colour"):
        lifecycle.update_protocol(study, weights=factories.weights(3))


def test_weights_of_another_scale_are_refused_where_truths_would_not_fit():
    study = factories.study()
    factories.item(study, truth=True)
    with pytest.raises(LifecycleError, match="truths in this study are 4 times"):
        lifecycle.update_protocol(study, weights=factories.weights(name="x8", scale=8))


def test_a_colour_image_is_refused_by_grey_weights_before_anything_is_drawn(known):
    study = factories.study(weights=known["tiny/colour"], pool_size=6, settings={})
    intake.add_item(study, encode_png(factories.pixels(8, 3)), name="poppy")
    lifecycle.update_protocol(study, weights=known["tiny/grey"])
    with pytest.raises(LifecycleError, match="“poppy” cannot be drawn: The image is in colour"):
        drawing.start(study)
    assert not GenerationJob.objects.exists()


def test_a_grey_image_is_drawn_by_colour_weights(known, run_tasks):
    study = factories.study(weights=known["tiny/colour"], pool_size=6, settings={})
    intake.add_item(study, encode_png(factories.pixels(8, 1)))
    drawing.start(study)
    run_tasks()
    assert drawing.ready(study)
