"""One generation job, from its row to its samples. Whoever claims the row draws what is still missing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import OperationalError
from numpy.typing import NDArray

from inference import sending, store
from inference.core.images import read_image
from inference.core.weights import WeightsError, find
from inference.errors import GenerationError
from inference.lease import CancelRequested, Lease, LeaseLost
from inference.models import MAX_ATTEMPTS, GenerationJob, JobState, Sample
from inference.sample_writer import SampleWriter
from inference.samplers import SettingsError, load, settings_class
from inference.samplers.mixtures import read_mixture
from inference.store import StoreError
from inference.version import code_version

log = logging.getLogger(__name__)


def run(job_pk: int) -> None:
    """Draw the missing samples of a job, unless it is settled or another worker's.

    Problems that a new attempt would meet again end on the row as one sentence; unexpected ones are logged and
    tried again, until MAX_ATTEMPTS attempts in a row have brought no sample. It raises only when the database is gone.
    """
    token = GenerationJob.objects.claim(job_pk)
    if token is None:
        return
    job = GenerationJob.objects.select_related("low_res", "weights").get(pk=job_pk)
    lease = Lease(job_pk, token)
    try:
        with _sentences():
            _draw(job, lease)
        lease.settle(JobState.DONE)
    except LeaseLost:
        log.info("Job %s is no longer ours.", job_pk)
    except CancelRequested:
        if not lease.cancel():
            _try_again(lease, "")
    except GenerationError as error:
        log.error("Job %s failed: %s", job_pk, error)
        _quietly(lease.settle, JobState.FAILED, str(error))
    except Exception as error:
        log.exception("Job %s stopped in attempt %s.", job_pk, job.attempts)
        _after_surprise(job, lease, f"{type(error).__name__}: {error}")


def _draw(job: GenerationJob, lease: Lease) -> None:
    """Draw, in the order of their numbers, the samples that have no row yet."""
    done = set(Sample.objects.filter(job=job).values_list("index", flat=True))
    missing = [seed for index, seed in enumerate(job.seeds) if index not in done]
    if not missing:
        return
    chosen = settings_class(job.sampler).from_mapping(job.settings)
    low_res = read_image(store.get(job.low_res.sha256, "low_res", ".png"))
    sampler = cached_sampler(job.sampler, job.weights.name, job.weights.sha256)
    lease.extend(code_version=code_version(), arithmetic=sampler.arithmetic(chosen))
    writer = SampleWriter(job, low_res, sampler.scale, lease)
    drawing = sampler.draw
    if job.derivation:
        drawing = partial(sampler.draw_mixed, mixture=read_mixture(job.derivation, _stored))

    def check() -> None:
        writer.flush()
        lease.look()

    check()
    try:
        for drawn in drawing(low_res, missing, chosen, check=check):
            writer.add(drawn)
            lease.look()
    finally:
        writer.flush()
    if writer.count != len(missing):
        raise RuntimeError(f"The sampler gave {writer.count} of {len(missing)} samples.")


def _stored(sha256: str) -> NDArray[np.float32]:
    return read_image(store.get(sha256, "samples", ".png"))


def cached_sampler(sampler: str, name: str, sha256: str) -> Any:
    """The sampler with exactly these weights; kept in this process, since loading takes seconds."""
    return _load(sampler, name, sha256, str(settings.TRUSTSR_DEVICE), weights_folder())


def weights_folder() -> Path:
    """Where trained and imported weights lie; those that ship are found before them."""
    return Path(settings.DATA_DIR) / "weights"


@lru_cache(maxsize=2)
def _load(sampler: str, name: str, sha256: str, device: str, folder: Path) -> Any:
    file = find(sampler, name, [folder])
    if file.sha256 != sha256:
        raise WeightsError(
            f"The weights {sampler}/{name} are no longer the ones this job was made for "
            f"(their sha256 begins {file.sha256[:12]}, not {sha256[:12]}): put those back, or ask anew."
        )
    started = time.monotonic()
    loaded = load(sampler, file.path, device)
    log.info("Loaded %s/%s on %s in %.1f s.", sampler, name, device, time.monotonic() - started)
    return loaded


@contextmanager
def _sentences() -> Iterator[None]:
    """Errors that carry a sentence for people become GenerationError; all others pass."""
    try:
        yield
    except (StoreError, WeightsError, SettingsError) as error:
        raise GenerationError(str(error)) from error
    except OperationalError as error:
        if not any(words in str(error) for words in ("disk is full", "No space left on device")):
            raise
        raise GenerationError(store.DISK_FULL) from error
    except (ValueError, RuntimeError) as error:
        from inference.samplers.base import DrawError
        from inference.samplers.limits import LowResError

        if not isinstance(error, DrawError | LowResError):
            raise
        raise GenerationError(str(error)) from error


def _after_surprise(job: GenerationJob, lease: Lease, what: str) -> None:
    job.refresh_from_db(fields=["attempts"])
    if job.attempts < MAX_ATTEMPTS:
        _try_again(lease, what)
        return
    sentence = f"Drawing failed {job.attempts} times, last with {what}; the worker's log has the details."
    _quietly(lease.settle, JobState.FAILED, sentence)


def _try_again(lease: Lease, error: str) -> None:
    if _quietly(lease.release, error):
        sending.send_job(lease.pk)


def _quietly(change: Any, *arguments: Any) -> bool:
    """Whether the row could still be changed by us."""
    try:
        change(*arguments)
    except LeaseLost:
        return False
    return True
