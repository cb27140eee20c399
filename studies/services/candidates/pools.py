"""The pictures of one pool: all in memory while they fit, else read again when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inference import services as inference
from inference.core import ensembling
from inference.models import Sample

MEMORY = 768 * 2**20


class Pool:
    """uint8 pictures (H, W, C) by pool index, read when they are asked for: what nobody asks for may be missing."""

    def __init__(self, samples: Sequence[Sample], memory: int = MEMORY) -> None:
        self.samples = samples
        self._memory = memory
        self._read: Callable[[int], NDArray[np.uint8]] | None = None

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        if self._read is not None:
            return self._read(index)
        picture = self._read_file(index)  # all are as large as the first one
        self._read = lru_cache(maxsize=max(1, self._memory // picture.nbytes))(self._read_file)
        return picture

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[index] for index in range(len(self)))

    def mean(self, indexes: Sequence[int]) -> NDArray[np.uint8]:
        """The pixel mean of some of the pictures, rounded half up in whole numbers."""
        return ensembling.mean_uint8(self[index] for index in indexes)

    def _read_file(self, index: int) -> NDArray[np.uint8]:
        return inference.read_sample(self.samples[index])
