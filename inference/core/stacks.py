"""Samples that are combined: read one at a time, each checked against the first, in strips where all are needed.

Samples are one array (N, H, W, C) or any iterable of images of one shape and type. What is read more than once is
kept in memory unless it has a length, as arrays, lists and collections that read files have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Samples = NDArray | Sequence[NDArray] | Iterable[NDArray]

INTEGERS = (np.uint8, np.uint16)
#: Bytes of all samples' rows that `strips` holds at a time.
STRIP = 64 * 2**20


def images(samples: Samples) -> Iterator[NDArray]:
    """The samples one by one. Raises ValueError for none, differing shapes or types, other types, and NaN."""
    first: NDArray | None = None
    for index, sample in enumerate(samples):
        image = np.asarray(sample)
        first = image if first is None else first
        if image.dtype not in INTEGERS and not np.issubdtype(image.dtype, np.floating):
            raise ValueError(f"Samples hold floats, uint8 or uint16, not {image.dtype}.")
        if image.ndim < 2:
            raise ValueError(f"Expected a stack of images (N, H, W, C); sample {index} has shape {image.shape}.")
        if image.shape != first.shape or image.dtype != first.dtype:
            raise ValueError(
                f"All samples must have one size and type: sample 0 is {first.shape} {first.dtype}, "
                f"sample {index} is {image.shape} {image.dtype}."
            )
        if np.issubdtype(image.dtype, np.floating) and not np.isfinite(image).all():
            raise ValueError(f"Sample {index} contains values that are not finite numbers (NaN or infinity).")
        yield image
    if first is None:
        raise ValueError("There are no samples to combine.")


def readable_again(samples: Samples) -> Collection[NDArray]:
    """The samples as something with a length that can be read as often as needed."""
    return samples if hasattr(samples, "__len__") else list(samples)  # type: ignore[return-value]


def strips(samples: Samples, most: int = STRIP) -> Iterator[NDArray]:
    """Row after row of all samples, (N, rows, W, C): as many rows as fit into `most` bytes, at least one.

    The samples are read once for every strip: time for memory.
    """
    again = readable_again(samples)
    first = next(images(again))
    rows = max(1, most // max(1, len(again) * first[:1].nbytes))
    for top in range(0, len(first), rows):
        strip = np.empty((len(again), *first[top : top + rows].shape), dtype=first.dtype)
        for index, image in enumerate(images(again)):
            strip[index] = image[top : top + rows]
        yield strip


def white(dtype: np.dtype) -> float:
    """The value of white: 255, 65535, or 1 for floats."""
    return float(np.iinfo(dtype).max) if dtype in INTEGERS else 1.0
