"""One job from row to samples: repeated, interrupted, cancelled, refused, and never twice the same sample."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from inference import generation, lease, services, store
from inference.core.images import to_uint8
from inference.core.metrics import lr_consistency
from inference.models import LEASE, MAX_ATTEMPTS, GenerationJob, JobState, Sample
from inference.samplers.base import DrawError
from tests.tiny import TinySampler, TinySettings


def indices(job):
    return list(Sample.objects.filter(job=job).values_list("index", flat=True))


def test_a_job_becomes_samples_under_the_hash_of_their_files(job, low_res, run_tasks):
    run_tasks()
    job.refresh_from_db()

    assert job.state == JobState.DONE
    assert job.code_version.startswith("0.")
    assert job.finished_at >= job.started_at >= job.created_at
    assert (job.lease_token, job.lease_until, job.error) == (None, None, "")
    assert job.seconds > 0
    assert indices(job) == list(range(10))

    image = services.read_low_res(low_res)
    drawn = {d.seed: to_uint8(d.image) for d in TinySampler(4, 1).draw(image, job.seeds, TinySettings())}
    for sample in job.samples.all():
        pixels = services.read_sample(sample)
        assert sample.seed == 100 + sample.index
        assert np.array_equal(pixels, drawn[sample.seed])
        assert sample.lr_consistency == pytest.approx(lr_consistency(pixels, image, 4))


def test_a_message_delivered_twice_draws_once(job, tiny):
    generation.run(job.pk)
    generation.run(job.pk)
    assert tiny.drawn == list(job.seeds)


def test_a_message_for_a_job_that_is_gone(db):
    generation.run(12345)


def test_only_missing_samples_are_drawn(job, tiny):
    generation.run(job.pk)
    before = dict(Sample.objects.values_list("index", "sha256"))
    Sample.objects.filter(index__in=[2, 3, 9]).delete()
    GenerationJob.objects.update(state=JobState.QUEUED)
    tiny.drawn.clear()

    generation.run(job.pk)
    assert tiny.drawn == [102, 103, 109]
    assert dict(Sample.objects.values_list("index", "sha256")) == before


def test_the_sampler_is_loaded_once_per_process(tiny, low_res, monkeypatch):
    from functools import lru_cache

    monkeypatch.setattr(generation, "_load", lru_cache(generation._load))
    for first in (0, 10, 20):
        generation.run(services.request_generation(low_res, "tiny", "grey", range(first, first + 3)).pk)
    assert tiny.loads == 1


def test_cancelled_between_steps_with_what_was_drawn_kept(job, tiny, monkeypatch):
    monkeypatch.setattr(lease, "LOOK_EVERY", 0)
    tiny.before = lambda seed: services.cancel(job) if seed == 105 else None

    generation.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.CANCELLED, "")
    assert job.finished_at is not None
    assert indices(job) == [0, 1, 2, 3, 4, 5]


def test_cancelling_and_asking_anew_while_it_is_drawn_goes_on(job, tiny, low_res, monkeypatch, run_tasks):
    monkeypatch.setattr(lease, "LOOK_EVERY", 0)

    def change_of_mind(seed):
        if seed == 105:
            services.cancel(job)
            services.request_generation(low_res, "tiny", "grey", range(100, 110))

    tiny.before = change_of_mind
    run_tasks()
    job.refresh_from_db()
    assert (job.state, len(indices(job))) == (JobState.DONE, 10)


def test_a_worker_that_lost_its_lease_stops_and_changes_nothing(job, tiny, monkeypatch):
    monkeypatch.setattr(lease, "LOOK_EVERY", 0)

    def another_worker_takes_over(seed):
        if seed == 104:
            GenerationJob.objects.update(lease_until=timezone.now() - LEASE)
            assert GenerationJob.objects.claim(job.pk)

    tiny.before = another_worker_takes_over
    generation.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    assert 105 not in tiny.drawn


def test_the_lease_is_extended_while_drawing(job, tiny, monkeypatch):
    monkeypatch.setattr(lease, "LOOK_EVERY", 0)
    monkeypatch.setattr(lease, "EXTEND_EVERY", 0)
    seen = []
    tiny.before = lambda seed: seen.append(GenerationJob.objects.get().lease_until)
    generation.run(job.pk)
    assert seen == sorted(set(seen))


def test_weights_that_changed_fail_the_job_with_a_sentence(job, data_dir):
    (data_dir / "weights" / "tiny" / "grey.safetensors").write_bytes(b"something else")
    generation.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "is not the expected one" in job.error
    assert job.attempts == 1


def test_weights_that_are_gone_fail_the_job_with_a_sentence(job, data_dir):
    (data_dir / "weights" / "tiny" / "grey.safetensors").unlink()
    generation.run(job.pk)
    job.refresh_from_db()
    assert job.error == "There are no weights tiny/grey: train or import them, or choose others."


def test_newer_weights_of_the_same_name_are_not_taken(job, data_dir):
    folder = data_dir / "weights" / "tiny"
    (folder / "grey.json").write_text((folder / "colour.json").read_text())
    (folder / "grey.safetensors").write_bytes((folder / "colour.safetensors").read_bytes())
    generation.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "no longer the ones this job was made for" in job.error


def test_a_damaged_input_fails_the_job_with_a_sentence(job, data_dir):
    [path] = (data_dir / "default" / "low_res").rglob("*.png")
    path.write_bytes(b"")
    generation.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "has changed since it was stored" in job.error


def test_what_the_sampler_gives_up_on_fails_the_job_with_its_sentence(job, tiny):
    def hopeless(seed):
        raise DrawError("Seed 100 gave no finite picture in 5 attempts.")

    tiny.before = hopeless
    generation.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "Seed 100 gave no finite picture in 5 attempts.")


def test_surprises_are_tried_again_and_then_shown(job, tiny, run_tasks, caplog):
    def broken(seed):
        raise ZeroDivisionError("no divisor")

    tiny.before = broken
    assert run_tasks() == MAX_ATTEMPTS
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error == (
        "Drawing failed 5 times, last with ZeroDivisionError: no divisor; the worker's log has the details."
    )
    assert "Traceback" in caplog.text


def test_a_surprise_that_passes_costs_no_sample(job, tiny, run_tasks):
    surprises = [ConnectionResetError("for a moment")]

    def once(seed):
        if seed == 106 and surprises:
            raise surprises.pop()

    tiny.before = once
    assert run_tasks() == 2
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    assert indices(job) == list(range(10))
    assert tiny.drawn == list(range(100, 110))


def test_disk_full_while_storing(job, tiny, monkeypatch, data_dir, low_res, run_tasks):
    """Some samples fit; then the disk is full; then there is space again, and the job is asked for anew."""
    real, written = os.replace, []

    def full(source, target):
        if len(written) == 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(target)
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        run_tasks()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, store.DISK_FULL)
    assert indices(job) == [0, 1, 2, 3]
    assert not list(data_dir.rglob("*.part"))

    services.request_generation(low_res, "tiny", "grey", range(100, 110))
    run_tasks()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    assert [services.read_sample(sample).shape for sample in job.samples.all()] == [(24, 20, 1)] * 10


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_fifty_claims_at_once_one_succeeds(job):
    barrier = threading.Barrier(50)

    def claim(_):
        barrier.wait()
        try:
            return GenerationJob.objects.claim(job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        tokens = [token for token in pool.map(claim, range(50)) if token]
    job.refresh_from_db()
    assert tokens == [job.lease_token]
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_twenty_equal_requests_at_once_are_one_job(tiny, low_res, sent):
    def ask(_):
        try:
            return services.request_generation(low_res, "tiny", "grey", range(5)).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(ask, range(20)))) == 1
    assert sent.names == ["inference.tasks.generate"]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_workers_that_draw_the_same_job_at_once_store_each_sample_once(job, tiny, monkeypatch):
    """As after a lease that ran out while its worker was only slow."""

    def work(_):
        try:
            generation.run(job.pk)
        finally:
            connection.close()

    tiny.before = lambda seed: GenerationJob.objects.update(lease_until=timezone.now() - LEASE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    tiny.before = None
    services.reconcile(worker_died=True)
    generation.run(job.pk)
    job.refresh_from_db()
    assert (job.state, indices(job)) == (JobState.DONE, list(range(10)))
