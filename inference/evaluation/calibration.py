"""Do shares mean what they say: of all labels that 70 % of the samples show, are 70 % true?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10
_DRAWS = 1000


@dataclass(frozen=True)
class Bin:
    """Forecasts of one range: how many, what they said on average, and how often it was so."""

    count: int
    share: float
    frequency: float


@dataclass(frozen=True)
class Calibration:
    """``error``: the expected calibration error; ``by_chance`` and ``by_chance_high``: its mean and 95 % quantile were
    the shares exactly right, with as many forecasts as here. An error below these cannot be told from none."""

    error: float
    by_chance: float
    by_chance_high: float
    forecasts: int
    bins: tuple[Bin, ...]


def expected_calibration_error(shares: ArrayLike, outcomes: ArrayLike, bins: int = BINS) -> float:
    """sum over bins of n_b / n |mean outcome - mean share| (Guo et al., ICML 2017, equation 3); nan for no forecasts.

    shares: forecasts in [0, 1], in bins of equal width, each without its lower and with its upper end
    outcomes: 1 where it was so, 0 where not, or a fraction
    """
    said, happened = np.asarray(shares, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    return float(_errors(said, happened[None], bins)[0])


def top_label(counts: NDArray[np.integer], truths: Sequence[int]) -> Calibration:
    """Is the label that most samples show true as often as their share says?

    counts: (images, labels), how many samples show each label;  truths: the true label of each image

    Of labels that are tied one is taken at random: among k tied ones the truth is found in one of k cases.
    """
    shares = _shares(counts)
    top = shares.max(axis=1)
    tied = shares == top[:, None]
    return _calibration(top, np.array([_tied_hit(row, truth) for row, truth in zip(tied, truths, strict=True)]), shares)


def every_share(counts: NDArray[np.integer], truths: Sequence[int]) -> Calibration:
    """Is each label that some sample shows true as often as its share says? Labels that none shows are left out."""
    shares = _shares(counts)
    shown = shares > 0
    true = np.arange(shares.shape[1]) == np.asarray(truths)[:, None]
    return _calibration(shares[shown], true[shown].astype(np.float64), shares, shown)


def _shares(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _tied_hit(tied: NDArray[np.bool_], truth: int) -> float:
    return float(tied[truth]) / int(tied.sum())


def _calibration(
    said: NDArray[np.float64],
    happened: NDArray[np.float64],
    shares: NDArray[np.float64],
    shown: NDArray[np.bool_] | None = None,
) -> Calibration:
    place = _places(said, BINS)
    bins = tuple(
        Bin(int(inside.sum()), float(said[inside].mean()), float(happened[inside].mean()))
        for inside in (place == number for number in range(BINS))
        if inside.any()
    )
    chance = _errors(said, _outcomes_by_chance(said, shares, shown), BINS)
    return Calibration(
        expected_calibration_error(said, happened),
        float(chance.mean()),
        float(np.quantile(chance, 0.95)),
        len(said),
        bins,
    )


def _outcomes_by_chance(
    said: NDArray[np.float64], shares: NDArray[np.float64], shown: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """(draws, forecasts): a true label of each image drawn from its shares (Bröcker and Smith, 2007, section 3)."""
    source = np.random.default_rng(0)
    if shown is None:
        return (source.random((_DRAWS, len(said))) < said).astype(np.float64)
    steps = np.cumsum(shares, axis=1)
    drawn = (source.random((_DRAWS, len(shares), 1)) * steps[:, -1:] >= steps).sum(axis=2)
    true = np.arange(shares.shape[1]) == drawn[:, :, None]
    return true[:, shown].astype(np.float64)


def _errors(said: NDArray[np.float64], happened: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """The expected calibration error for each row of outcomes."""
    if len(said) == 0:
        return np.full(len(happened), np.nan)
    inside = np.eye(bins)[_places(said, bins)]
    return np.abs((happened - said) @ inside).sum(axis=1) / len(said)


def _places(said: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Which bin each share falls into; rounding errors such as 0.30000000000000004 do not move it up."""
    return np.clip(np.ceil(said * bins - 1e-9).astype(np.int64) - 1, 0, bins - 1)
