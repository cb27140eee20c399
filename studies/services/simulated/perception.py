"""The eyes of simulated participants: what they might read in an item, and which samples look like it.

Nothing here knows people. It stands in for them in rehearsals and must never be taken for evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference import readers
from inference.models import Sample
from studies.models import Item, Study
from studies.services.candidates.pools import Pool
from studies.services.ordering import permutation

#: Where no reader knows the labels, each label of an item is seen half as often as the one before it.
FALLING = 0.5


@dataclass(frozen=True)
class Perception:
    """What an item looks like to everybody; taste and noise are each person's own.

    label_shares: (labels,), how likely each label is to be read in the LR image, summing to 1
    likeness: (labels, m), log-probability that a sample reads as a label; zeros where no reader knows the labels
    typicality: (m,), how near a sample is to the mean of its pool, standardised to mean 0 and standard deviation 1
    """

    label_shares: NDArray[np.float64]
    likeness: NDArray[np.float64]
    typicality: NDArray[np.float64]


def perceive(study: Study, item: Item) -> Perception:
    """Look at an item's pool: with the digit reader where all labels are digits, else by typicality alone."""
    samples = list(item.pool)
    pool = Pool(samples)
    read = _read(study.labels, pool) if study.ask_label else None
    if read is None:
        shares, likeness = _seeded_shares(study, item), np.zeros((max(len(study.labels), 1), len(samples)))
    else:
        shares, likeness = read.mean(axis=1), np.log(np.maximum(read, 1e-6))
    return Perception(shares / shares.sum(), likeness, _typicality(samples, pool))


def read_picture(study: Study, item: Item, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How likely each label is to be read in one picture (H, W, C) of an item, (labels,), summing to 1.

    Where no reader knows the labels, it is what the LR image looks like: all pictures of an item are alike.
    """
    read = _read(study.labels, [picture])
    shares = _seeded_shares(study, item) if read is None else read[:, 0]
    return shares / shares.sum()


def _read(labels: list[str], pool: Iterable[NDArray[np.uint8]]) -> NDArray[np.float64] | None:
    """p(label | picture), (labels, m); None where labels are not digits or no reader takes the pictures."""
    if not labels or not all(label in readers.DIGITS for label in labels):
        return None
    pictures = np.stack([image / np.float64(255) for image in pool]).astype(np.float32)
    probabilities = readers.read_digits(pictures)
    if probabilities is None:
        return None
    return probabilities[:, [readers.DIGITS.index(label) for label in labels]].T.astype(np.float64)


def _seeded_shares(study: Study, item: Item) -> NDArray[np.float64]:
    """Shares of labels without a reader: some order of the labels, from the study's seed, falling by half."""
    count = max(len(study.labels), 1)
    order = permutation(study.seed, f"simulated labels of item {item.position}", count)
    return FALLING ** np.array(order, dtype=np.float64)


def _typicality(samples: list[Sample], pool: Pool) -> NDArray[np.float64]:
    centre = pool.mean(range(len(samples))).astype(np.float64)
    distances = np.array([np.sqrt(np.mean((image - centre) ** 2)) for image in pool])
    deviation = distances.std()
    return (distances.mean() - distances) / deviation if deviation > 0 else np.zeros(len(samples))
