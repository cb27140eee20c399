"""From drawn pictures to stored samples, a micro-batch at a time: files first, then their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inference import store
from inference.core.images import encode_png, to_uint8
from inference.core.metrics import lr_consistency
from inference.lease import Lease
from inference.models import GenerationJob, Sample

if TYPE_CHECKING:
    from inference.samplers.base import Drawn

MOST = 32  # pictures in memory at a time


class SampleWriter:
    """Collects drawn samples; `flush` stores them. A sample has a row only when its file is whole."""

    def __init__(self, job: GenerationJob, low_res: NDArray[np.float32], scale: int, lease: Lease) -> None:
        self.job, self.low_res, self.scale, self.lease = job, low_res, scale, lease
        self.count = 0
        self._waiting: list[Drawn] = []

    def add(self, drawn: Drawn) -> None:
        self._waiting.append(drawn)
        if len(self._waiting) >= MOST:
            self.flush()

    def flush(self) -> None:
        """Store what waits. The rows are unique on (job, index), so a sample that is there already stays."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        images = np.stack([to_uint8(drawn.image) for drawn in waiting])
        decibels = np.atleast_1d(lr_consistency(images, self.low_res, self.scale))
        hashes = store.put_all([encode_png(image) for image in images], "samples", ".png")
        rows = [self._row(*parts) for parts in zip(waiting, hashes, decibels, strict=True)]
        Sample.objects.bulk_create(rows, ignore_conflicts=True)
        if self.count == 0:
            # Attempts count in vain only: a job that moves on may be interrupted as often as it likes.
            self.lease.extend(attempts=0)
        self.count += len(rows)

    def _row(self, drawn: Drawn, sha256: str, decibels: float) -> Sample:
        return Sample(
            job=self.job,
            index=drawn.seed - self.job.first_seed,
            seed=drawn.seed,
            sha256=sha256,
            lr_consistency=float(decibels),
            attempt=drawn.attempt,
            fault=drawn.fault,
            suspect=drawn.suspect,
        )
