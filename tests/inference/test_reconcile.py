"""Lost messages and dead workers: what is sent again, what is settled, and what is left alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inference import generation, services
from inference.models import MAX_ATTEMPTS, Ensemble, GenerationJob, JobState
from inference.sending import PATIENCE, send_job


def change(job, **fields):
    GenerationJob.objects.filter(pk=job.pk).update(**fields)
    job.refresh_from_db()


def test_a_job_whose_message_was_never_sent_is_sent(job, sent):
    assert services.reconcile() == 1
    assert sent.messages == [("inference.tasks.generate", {"job_id": job.pk})]


def test_a_job_that_waits_its_turn_is_sent_again_only_after_a_while(job, sent):
    send_job(job.pk)
    assert services.reconcile() == 0
    change(job, lease_until=timezone.now() - timedelta(seconds=1))
    assert services.reconcile() == 1
    assert services.reconcile() == 0
    change(job, lease_until=timezone.now() + PATIENCE)
    assert services.reconcile(worker_died=True) == 1


def test_a_job_that_waits_can_be_claimed_at_any_time(job, run_tasks):
    send_job(job.pk)
    run_tasks()
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_a_running_job_is_left_alone_until_its_lease_runs_out(job, sent):
    GenerationJob.objects.claim(job.pk)
    assert services.reconcile() == 0
    change(job, lease_until=timezone.now() - timedelta(seconds=1))
    assert services.reconcile() == 1
    job.refresh_from_db()
    assert (job.state, job.lease_token) == (JobState.QUEUED, None)


def test_the_only_worker_is_known_to_be_dead(job, sent, run_tasks):
    GenerationJob.objects.claim(job.pk)
    assert services.reconcile(worker_died=True) == 1
    run_tasks()
    job.refresh_from_db()
    assert job.state == JobState.DONE


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_settled_jobs_are_never_sent(job, sent, state):
    change(job, state=state)
    assert services.reconcile(worker_died=True) == 0


def test_a_worker_that_dies_without_a_sample_again_and_again_fails_the_job(job, sent):
    for _ in range(MAX_ATTEMPTS):
        assert GenerationJob.objects.claim(job.pk)
        services.reconcile(worker_died=True)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error.startswith("The worker died 5 times in a row before it had drawn another sample")
    assert job.finished_at is not None


def test_a_worker_that_dies_often_but_moves_on_does_not_fail_the_job(job, tiny, run_tasks):
    class Killed(BaseException):
        pass

    def die_after_each_sample(seed):
        if tiny.drawn:
            raise Killed

    tiny.before = die_after_each_sample
    for _ in range(9):
        tiny.drawn.clear()
        with pytest.raises(Killed):
            generation.run(job.pk)
        services.reconcile(worker_died=True)
    assert job.samples.count() == 9
    tiny.before = None
    run_tasks()
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_a_job_whose_worker_died_before_it_saw_the_cancellation(job, sent):
    GenerationJob.objects.claim(job.pk)
    services.cancel(job)
    assert job.state == JobState.RUNNING
    assert services.reconcile(worker_died=True) == 0
    job.refresh_from_db()
    assert (job.state, job.lease_token) == (JobState.CANCELLED, None)


def test_forgotten_ensembles_are_sent_after_a_minute(job, sent, run_tasks):
    run_tasks()
    ensemble = services.request_ensemble(list(job.samples.all()[:3]))
    assert services.reconcile() == 0
    Ensemble.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert services.reconcile() == 1
    assert sent.messages == [("inference.tasks.build_ensemble", {"ensemble_id": ensemble.pk})]
    run_tasks()
    assert services.reconcile(worker_died=True) == 0


def test_ensembles_that_failed_wait_for_somebody_to_ask_again(job, sent, run_tasks):
    run_tasks()
    services.request_ensemble(list(job.samples.all()[:3]))
    Ensemble.objects.update(error="a file is missing")
    assert services.reconcile(worker_died=True) == 0


def test_a_broker_that_is_away_is_asked_once(job, low_res, monkeypatch):
    from inference import sending

    services.request_generation(low_res, "tiny", "grey", range(3))
    asked = []
    monkeypatch.setattr(sending, "send", lambda name, **kwargs: asked.append(name))
    assert services.reconcile() == 0
    assert len(asked) == 1
