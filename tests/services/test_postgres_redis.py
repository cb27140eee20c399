"""The parts that differ with servers: claims and constraints on PostgreSQL, a Celery worker over Redis.

Run by `tests/services/run.py`, which finds the servers; tests marked `both` run there as well.
"""

import os
import time

import pytest
from django.db import IntegrityError, connection, transaction

from inference import services
from inference.models import GenerationJob, JobState, Sample
from tests.conftest import missing
from tests.processes import DRAW_AND_FUSE, WORKER, Site

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def servers():
    if connection.vendor != "postgresql" or not os.environ.get("CELERY_BROKER_URL"):
        missing("needs DATABASE_URL of a PostgreSQL server and CELERY_BROKER_URL of a Redis or RabbitMQ server")


@pytest.fixture
def job(tiny, db):
    import numpy as np

    from inference.core.images import encode_png

    low_res = services.store_low_res(encode_png(np.zeros((5, 6, 1), np.uint8)))
    return services.request_generation(low_res, "tiny", "grey", range(10))


def test_constraints_are_held_by_the_database(job):
    Sample.objects.create(job=job, index=0, seed=0, sha256="0" * 64, lr_consistency=50)
    wrong = [
        lambda: Sample.objects.create(job=job, index=0, seed=0, sha256="1" * 64, lr_consistency=50),
        lambda: GenerationJob.objects.update(count=0),
        lambda: GenerationJob.objects.update(state="asleep"),
        lambda: GenerationJob.objects.update(first_seed=-1),
    ]
    for change in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_sample_that_is_there_already_stays_and_the_transaction_goes_on(job, run_tasks):
    Sample.objects.create(job=job, index=3, seed=3, sha256="0" * 64, lr_consistency=50)
    with transaction.atomic():
        twin = Sample(job=job, index=3, seed=3, sha256="1" * 64, lr_consistency=50)
        Sample.objects.bulk_create([twin], ignore_conflicts=True)
        assert Sample.objects.get(index=3).sha256 == "0" * 64
    run_tasks()
    job.refresh_from_db()
    assert (job.state, job.samples.count()) == (JobState.DONE, 10)


@pytest.fixture
def site(tmp_path, transactional_db):
    """Processes on the tests' own database and on the Redis of the environment, its queues emptied."""
    names = connection.settings_dict
    user = names["USER"] + (f":{names['PASSWORD']}" if names["PASSWORD"] else "")
    url = f"postgres://{user}@{names['HOST']}:{names['PORT'] or 5432}/{names['NAME']}"
    site = Site(tmp_path, DATABASE_URL=url, CELERY_BROKER_URL=os.environ["CELERY_BROKER_URL"])
    site.run("-m", "celery", "-A", "trustsr", "purge", "-f", "-Q", "gpu,cpu")
    return site


def test_a_worker_over_redis_draws_a_job_and_makes_an_ensemble(site):
    with site.process(*WORKER) as worker:
        site.django(DRAW_AND_FUSE)
        worker.terminate()
        assert worker.wait(60) == 0
    [job] = GenerationJob.objects.all()
    assert (job.state, job.attempts, job.samples.count()) == (JobState.DONE, 0, 3)
    assert "Traceback" not in site.log()


def test_a_worker_killed_over_redis_loses_no_sample(site):
    """Redis gives the message back after hours only; the row and `reconcile` bring the job back at once."""
    site.django(
        "import numpy as np\nfrom inference import services\nfrom inference.core.images import encode_png\n"
        "low_res = services.store_low_res(encode_png(np.zeros((5, 5, 1), np.uint8)))\n"
        "services.request_generation(low_res, 'tiny', 'grey', range(60), {'delay': 0.03})"
    )
    job = GenerationJob.objects.get()
    with site.process(*WORKER):
        wait(lambda: job.samples.count() > 0)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    with site.process(*WORKER):
        site.django("from inference import services; assert services.reconcile(worker_died=True) == 1")
        wait(lambda: GenerationJob.objects.get().state == JobState.DONE)
    assert list(job.samples.values_list("index", flat=True)) == list(range(60))


def wait(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
