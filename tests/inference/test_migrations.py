"""What migrations do to rows that were there before."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from inference.models import GenerationJob, JobState, Sample


@pytest.mark.both
def test_old_redraws_get_the_only_fault_that_there_was(job, run_tasks):
    run_tasks()
    Sample.objects.filter(index=0).update(attempt=2)
    Sample.objects.filter(index=1).update(attempt=1, fault="dead")
    migration = import_module("inference.migrations.0003_faults_of_old_redraws")
    migration.name_the_fault(apps, SimpleNamespace(connection=connection))
    assert dict(Sample.objects.exclude(fault="").values_list("index", "fault")) == {0: "not finite", 1: "dead"}


@pytest.mark.both
def test_jobs_that_were_imported_before_make_room_for_requests_here(job, run_tasks):
    run_tasks()
    told = {"low_res": job.low_res, "weights": job.weights, "sampler": job.sampler, "first_seed": 0, "count": 1}
    imported = GenerationJob.objects.create(digest="ab" * 32, state=JobState.DONE, **told)
    migration = import_module("inference.migrations.0005_imported_jobs")
    migration.name_the_imported(apps, SimpleNamespace(connection=connection))
    imported.refresh_from_db()
    assert (imported.imported_digest, imported.request_digest) == ("ab" * 32, "ab" * 32)
    assert not GenerationJob.objects.filter(digest="ab" * 32).exists()
    assert GenerationJob.objects.get(pk=job.pk).digest == job.digest
