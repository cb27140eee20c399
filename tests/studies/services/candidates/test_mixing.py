"""Candidates made of two others: they join the pool with their parents, until people may vote."""

from __future__ import annotations

import pytest

from inference import services as inference
from inference.core.images import encode_png
from inference.services import RequestError
from studies.errors import LifecycleError
from studies.services import intake, lifecycle
from studies.services.candidates import additions, drawing, mixing
from tests.studies import factories
from tests.tiny import TinySettings

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def item(tiny, run_tasks, monkeypatch):
    """Of a draft, with a pool of six whose sampler is said to mix."""
    monkeypatch.setattr(TinySettings, "MIXTURES", ("interpolation", "fusion"), raising=False)
    weights = next(row for row in inference.catalogue() if str(row) == "tiny/grey")
    study = factories.study(weights=weights, pool_size=6, settings={})
    made = intake.add_item(study, encode_png(factories.pixels(8)))
    drawing.start(study)
    run_tasks()
    return made


def test_interpolated_ones_join_the_pool_with_their_parents(item):
    first, second = item.pool[:2]
    job, joined = mixing.interpolate(item, first, second, count=3)
    assert joined
    assert set(item.jobs.all()) >= {job}
    assert job.derivation["kind"] == "interpolation"
    assert job.derivation["samples"] == [first.sha256, second.sha256]
    progress = drawing.progress(item.study)
    assert (progress.done, progress.total, progress.running) == (6, 9, True)
    with pytest.raises(LifecycleError, match="not complete"):
        lifecycle.open_study(item.study)


def test_a_fusion_keeps_its_box_steps_and_seed(item):
    base, other = item.pool[:2]
    job, _ = mixing.fuse(item, base, other, box=(4, 8, 20, 24), count=2, step=40, seed=5)
    assert job.derivation == {
        "kind": "fusion",
        "samples": [base.sha256, other.sha256],
        "box": [4, 8, 20, 24],
        "percent": 40,
    }
    assert list(job.seeds) == [5, 6]


def test_asked_again_it_is_the_same_job_once(item):
    first, second = item.pool[:2]
    asked = [mixing.interpolate(item, first, second, count=3) for _ in range(2)]
    assert asked[0][0] == asked[1][0]
    assert [joined for _, joined in asked] == [True, False]
    assert item.jobs.count() == 2


def test_asked_again_it_needs_no_room(item):
    first, second = item.pool[:2]
    mixing.interpolate(item, first, second, count=994)
    _, joined = mixing.interpolate(item, first, second, count=994)
    assert not joined


@pytest.mark.parametrize(("order", "count"), [((0, 1), 5), ((1, 0), 3)])
def test_no_picture_between_two_is_in_the_pool_twice(item, order, count):
    pool = item.pool[:2]
    made, _ = mixing.interpolate(item, pool[0], pool[1], count=3)
    with pytest.raises(LifecycleError, match="between these two are in the pool already: remove them first"):
        mixing.interpolate(item, pool[order[0]], pool[order[1]], count=count)
    assert item.jobs.count() == 2
    mixing.remove(item, made)
    mixing.interpolate(item, pool[order[0]], pool[order[1]], count=count)
    mixing.interpolate(item, pool[0], item.pool[2], count=3)


def test_no_fusion_is_in_the_pool_twice(item):
    base, other = item.pool[:2]
    same = {"box": (4, 8, 20, 24), "step": 40}
    mixing.fuse(item, base, other, **same, count=3, seed=5)
    with pytest.raises(LifecycleError, match="choose another seed"):
        mixing.fuse(item, base, other, **same, count=1, seed=7)
    mixing.fuse(item, base, other, **same, count=1, seed=8)
    mixing.fuse(item, base, other, **{**same, "step": 50}, count=3, seed=5)
    mixing.fuse(item, other, base, **same, count=3, seed=5)
    assert item.jobs.count() == 5


def test_candidates_that_have_left_the_pool_are_no_parents(item, run_tasks):
    weights = next(row for row in inference.catalogue() if str(row) == "tiny/colour")
    added = additions.add(item.study, weights, count=2)
    other = item.jobs.get(weights=weights)
    run_tasks()
    first, second = other.samples.all()
    kept = item.pool[0]
    additions.remove(added)
    for pair in ((first, second), (kept, first)):
        with pytest.raises(LifecycleError, match="no longer in this pool: choose again"):
            mixing.interpolate(item, *pair, count=3)
        with pytest.raises(LifecycleError, match="no longer in this pool: choose again"):
            mixing.fuse(item, *pair, box=(4, 8, 20, 24), count=2, step=40, seed=5)
    assert item.jobs.count() == 1


def test_taken_out_again(item):
    first, second = item.pool[:2]
    made, _ = mixing.interpolate(item, first, second, count=3)
    mixing.remove(item, made)
    assert item.jobs.count() == 1
    assert drawing.ready(item.study)


def test_nothing_joins_a_pool_that_people_may_vote_on(item):
    first, second = item.pool[:2]
    lifecycle.open_study(item.study)
    with pytest.raises(LifecycleError, match="may already vote"):
        mixing.interpolate(item, first, second, count=3)
    assert item.jobs.count() == 1


def test_a_refusal_of_inference_leaves_the_pool_alone(item):
    first = item.pool[0]
    with pytest.raises(RequestError, match="same picture"):
        mixing.interpolate(item, first, first, count=3)
    with pytest.raises(RequestError, match="does not lie within"):
        mixing.fuse(item, first, item.pool[1], box=(4, 4, 40, 8), count=1, step=50, seed=1)
    assert item.jobs.count() == 1


def test_a_pool_has_its_limit(item):
    first, second = item.pool[:2]
    with pytest.raises(LifecycleError, match="room for 994 more"):
        mixing.interpolate(item, first, second, count=995)
