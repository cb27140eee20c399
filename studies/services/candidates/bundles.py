"""Pictures of a trial in one stream, so that many candidates cost one request.

uint32 count of files; for each file a uint32 length and its PNG bytes; last the sha256 of everything before
(32 bytes). Numbers are little-endian. The LR image and its bicubic enlargement, where they are asked for, come first,
then candidates in the participant's own order. A reader who does not find the sha256 must show nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from inference import services as inference
from inference.models import Sample
from studies.models import Trial

log = logging.getLogger(__name__)

File = Callable[[], bytes]


def stream(trial: Trial, samples: Sequence[Sample], *, low: bool) -> Iterator[bytes]:
    """The bundle, a file at a time; every file is verified by its hash as it is read.

    Raises StoreError at once when the first file cannot be read. A later one ends the stream without its sha256.
    """
    low_res, scale = trial.item.low_res, trial.participant.study.weights.scale
    files: list[File] = []
    if low:
        files += [partial(inference.low_res_png, low_res), partial(inference.enlarged_png, low_res, scale)]
    files += [partial(inference.sample_png, sample) for sample in samples]
    first = [files[0]()] if files else []
    return _hashed(itertools.chain([struct.pack("<I", len(files))], _parts(first, files[len(first) :])))


def _parts(first: list[bytes], others: list[File]) -> Iterator[bytes]:
    for data in itertools.chain(first, (file() for file in others)):
        yield struct.pack("<I", len(data)) + data


def _hashed(parts: Iterator[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    try:
        for part in parts:
            digest.update(part)
            yield part
    except inference.StoreError:
        # Its name would tell whose it is: for the log only. The page finds no sha256 and says that it failed.
        log.exception("A bundle of pictures broke off.")
        return
    yield digest.digest()
