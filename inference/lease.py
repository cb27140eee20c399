"""A worker's hold on a job: extended while it draws, lost when another took over, ended by one last change."""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.db.models import F
from django.utils import timezone

from inference.models import LEASE, GenerationJob, JobState

LOOK_EVERY = 0.5  # seconds between looks at the row
EXTEND_EVERY = 5.0


class LeaseLost(Exception):
    """Another worker has the job now, or it is settled: stop without a word."""


class CancelRequested(Exception):
    """Somebody wants no more samples of this job."""


class Lease:
    """Every change is conditional on the token, so a worker that lost its job can change nothing."""

    def __init__(self, pk: int, token: uuid.UUID) -> None:
        self.pk, self.token = pk, token
        self._looked = self._extended = time.monotonic()

    def look(self) -> None:
        """Call often: looks at the row now and then; raises LeaseLost or CancelRequested."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        if now - self._extended >= EXTEND_EVERY:
            self.extend()
        cancel = self._row().values_list("cancel_requested", flat=True).first()
        if cancel is None:
            raise LeaseLost
        if cancel:
            raise CancelRequested

    def extend(self, **changes: Any) -> None:
        """Hold on for another lease, and add the time since the last change to the job's seconds."""
        self._change(lease_until=timezone.now() + LEASE, **changes)

    def settle(self, state: JobState, error: str = "") -> None:
        self._change(state=state, error=error, finished_at=timezone.now(), **_LET_GO)

    def release(self, error: str) -> None:
        """Back into the queue, for another attempt."""
        self._change(state=JobState.QUEUED, error=error, **_LET_GO)

    def cancel(self) -> bool:
        """Settle as cancelled, unless the job was asked for anew meanwhile: then it stays ours, and False."""
        row = self._row().filter(cancel_requested=True)
        return bool(row.update(state=JobState.CANCELLED, finished_at=timezone.now(), **_LET_GO, **self._seconds()))

    def _change(self, **changes: Any) -> None:
        if not self._row().update(**changes, **self._seconds()):
            raise LeaseLost

    def _seconds(self) -> dict[str, Any]:
        now = time.monotonic()
        passed, self._extended = now - self._extended, now
        return {"seconds": F("seconds") + passed}

    def _row(self) -> Any:
        return GenerationJob.objects.held(self.pk, self.token)


_LET_GO: dict[str, Any] = {"lease_until": None, "lease_token": None}
