"""Samples made of two others, as jobs: what is asked for, what is refused, what a worker draws, what is kept of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.torch import save_file

from inference import generation, services
from inference.core.images import encode_png
from inference.core.weights import sha256_of
from inference.models import GenerationJob, JobState, Sample
from inference.samplers.health import Health
from tests.inference.samplers import tiny as networks

BOX = (4, 4, 12, 16)


@pytest.fixture(autouse=True)
def only_finite_matters(monkeypatch) -> None:
    """Random networks draw what health calls explosions and casts."""
    monkeypatch.setattr(Health, "fault", lambda self, picture: "" if np.isfinite(picture).all() else "not finite")


@pytest.fixture
def weights(data_dir) -> str:
    """`srdiff/small`: random, four channels wide."""
    path = data_dir / "weights" / "srdiff" / "small.safetensors"
    path.parent.mkdir(parents=True)
    save_file(networks.srdiff().networks.state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps({**networks.srdiff_config(), "sha256": sha256_of(path)}))
    generation._load.cache_clear()
    return "small"


@pytest.fixture
def pool(weights, low_res, run_tasks) -> list[Sample]:
    """Three samples that were drawn."""
    job = services.request_generation(low_res, "srdiff", weights, range(10, 13), {"steps": 3})
    run_tasks()
    return list(job.samples.all())


def pictures(job: GenerationJob) -> list[np.ndarray]:
    return [services.read_sample(sample).astype(float) for sample in job.samples.all()]


def test_samples_between_two_are_drawn_and_say_where_they_come_from(pool, run_tasks):
    job = services.request_interpolation(pool[0], pool[2], 3)
    run_tasks()
    job.refresh_from_db()
    assert (job.state, job.error, job.samples.count()) == (JobState.DONE, "", 3)
    assert job.derivation == {
        "kind": "interpolation",
        "samples": [pool[0].sha256, pool[2].sha256],
        "origins": [[10, 0], [12, 0]],
        "shares": [0.25, 0.5, 0.75],
    }
    assert job.settings == pool[0].job.settings
    first, second = (services.read_sample(sample).astype(float) for sample in (pool[0], pool[2]))
    to_first = [np.abs(picture - first).mean() for picture in pictures(job)]
    assert to_first == sorted(to_first)
    assert np.abs(pictures(job)[2] - second).mean() < np.abs(pictures(job)[0] - second).mean()


def test_a_region_of_one_sample_is_put_into_another(pool, run_tasks):
    job = services.request_fusion(pool[0], pool[1], BOX, count=4, step=40, seed=7)
    run_tasks()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    assert [sample.seed for sample in job.samples.all()] == [7, 8, 9, 10]
    samples = [pool[0].sha256, pool[1].sha256]
    assert job.derivation == {"kind": "fusion", "samples": samples, "box": list(BOX), "percent": 40}
    left, top, right, bottom = BOX
    parent = services.read_sample(pool[0])
    for picture in pictures(job):
        difference = np.abs(picture - parent)
        assert difference[top:bottom, left:right].max() > 0
        difference[top:bottom, left:right] = 0
        assert difference.max() < 0.5 / 255
    assert len({picture.tobytes() for picture in pictures(job)}) == 4


def test_asking_twice_is_asking_once_and_other_questions_are_other_jobs(pool):
    ordinary = GenerationJob.objects.get()
    jobs = [
        services.request_interpolation(pool[0], pool[1], 3),
        services.request_interpolation(pool[0], pool[1], 3),
        services.request_interpolation(pool[1], pool[0], 3),
        services.request_fusion(pool[0], pool[1], BOX, 3, 40, 1),
        services.request_fusion(pool[0], pool[1], BOX, 3, 40, 1),
        services.request_fusion(pool[0], pool[1], BOX, 3, 41, 1),
        services.request_fusion(pool[0], pool[1], (4, 4, 12, 15), 3, 40, 1),
    ]
    assert jobs[0] == jobs[1]
    assert jobs[3] == jobs[4]
    assert len({ordinary.digest, *(job.digest for job in jobs)}) == 6


def test_a_failed_mixture_is_asked_for_again(pool, run_tasks):
    job = services.request_interpolation(pool[0], pool[1], 2)
    GenerationJob.objects.filter(pk=job.pk).update(state=JobState.FAILED, error="Something.")
    assert services.request_interpolation(pool[0], pool[1], 2).state == JobState.QUEUED
    run_tasks()
    assert job.samples.count() == 2


def test_a_mixture_that_was_interrupted_goes_on_as_if_it_was_not(pool, run_tasks):
    job = services.request_interpolation(pool[0], pool[1], 3)
    run_tasks()
    whole = [sample.sha256 for sample in job.samples.all()]
    job.samples.filter(index__in=[0, 2]).delete()
    GenerationJob.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    generation.run(job.pk)
    assert [sample.sha256 for sample in job.samples.all()] == whole


def test_fusions_can_be_fused_again_but_have_no_noise_to_interpolate(pool, run_tasks):
    first = services.request_fusion(pool[0], pool[1], BOX, 1, 40, 0)
    run_tasks()
    [made] = first.samples.all()
    again = services.request_fusion(made, pool[2], (16, 0, 20, 8), 1, 40, 0)
    run_tasks()
    again.refresh_from_db()
    assert again.state == JobState.DONE
    with pytest.raises(services.RequestError, match="has no noise of its own"):
        services.request_interpolation(made, pool[2], 1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"box": (0, 0, 21, 4)}, "does not lie within 20 x 24 pixels"),
        ({"box": (0, 0, 20, 24)}, "is the whole picture"),
        ({"step": 0}, "1 to 99 per cent, not 0"),
        ({"count": 0}, "1 to 100,000 samples, not 0"),
        ({"seed": -1}, "Seeds are whole numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(pool, values, words):
    asked = {"box": BOX, "count": 2, "step": 40, "seed": 0, **values}
    with pytest.raises(services.RequestError, match=words):
        services.request_fusion(pool[0], pool[1], **asked)
    assert GenerationJob.objects.count() == 1


def test_two_samples_that_do_not_belong_together_are_refused(pool, weights, run_tasks):
    same = pool[0].job
    other_settings = services.request_generation(same.low_res, "srdiff", weights, range(10, 12), {"steps": 4})
    picture = np.random.default_rng(5).integers(0, 256, (6, 5, 1), dtype=np.uint8)
    other_image = services.store_low_res(encode_png(picture))
    elsewhere = services.request_generation(other_image, "srdiff", weights, range(10, 12), {"steps": 3})
    run_tasks()
    with pytest.raises(services.RequestError, match="different weights or settings"):
        services.request_interpolation(pool[0], other_settings.samples.get(index=1), 2)
    with pytest.raises(services.RequestError, match="belong to different images"):
        services.request_interpolation(pool[0], elsewhere.samples.get(index=1), 2)
    with pytest.raises(services.RequestError, match="are the same picture"):
        services.request_fusion(pool[0], pool[0], BOX, 2, 40, 0)
    services.request_fusion(pool[0], other_settings.samples.get(index=1), BOX, 2, 40, 0)  # any picture can be put in


def test_families_that_cannot_mix_say_so(job, run_tasks):
    run_tasks()
    first, second, *_ = job.samples.all()
    with pytest.raises(services.RequestError, match="The sampler tiny cannot mix samples by interpolation"):
        services.request_interpolation(first, second, 2)
    with pytest.raises(services.RequestError, match="The sampler tiny cannot mix samples by fusion"):
        services.request_fusion(first, second, BOX, 2, 40, 0)
