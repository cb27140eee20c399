"""Numbers about a pool of samples and the truth: diversity score, best of n, sharpness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Numbers of samples at which best-of-n curves are kept: dense where they are steep.
_PLACES = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)


@dataclass(frozen=True)
class Diversity:
    """NTIRE's diversity score of ``samples`` samples in percent, and the two distances that it compares."""

    score: float
    global_best: float
    local_best: float
    samples: int


def diversity_score(maps: ArrayLike) -> Diversity:
    """How much nearer to the truth the best sample of each place is than the best whole sample.

    maps: (M, H, W), the perceptual distance of each of M samples to the truth, place by place

    S = 100 (min_m mean d_m - mean min_m d_m) / min_m mean d_m (Lugmayr et al., CVPRW 2021). It is 0 for
    samples that are all alike and grows with M, which must be stated beside it. A sample that equals the truth leaves
    nothing to be compared: nan.
    """
    distances = np.asarray(maps, dtype=np.float64)
    if distances.ndim != 3 or len(distances) == 0:
        raise ValueError(f"Expected distance maps (M, H, W) of at least one sample, got shape {distances.shape}.")
    whole = float(distances.mean(axis=(1, 2)).min())
    local = float(distances.min(axis=0).mean())
    score = 100 * (whole - local) / whole if whole > 0 else float("nan")
    # With a single sample the two means differ by rounding alone.
    return Diversity(max(score, 0.0) if score == score else score, whole, local, len(distances))


def curve_places(count: int) -> list[int]:
    """The n at which a best-of-n curve of ``count`` samples is kept, the last one always."""
    return [*(place for place in _PLACES if place < count), count]


def best_of(values: Sequence[float], places: Sequence[int], better: Literal["higher", "lower"]) -> list[float]:
    """The best of the first n values, for each n in ``places``."""
    best = np.maximum.accumulate(values) if better == "higher" else np.minimum.accumulate(values)
    return [float(best[n - 1]) for n in places]


def gradient_energy(image: NDArray) -> float:
    """Sharpness: the mean squared difference of neighbouring pixels, down plus across, on the 8-bit scale.

    image: uint8 (H, W, C). Blur lowers it, noise raises it: the sharper of two images is the one nearer to the truth's.
    """
    pixels = image.astype(np.float64)
    return float(np.mean(np.diff(pixels, axis=0) ** 2) + np.mean(np.diff(pixels, axis=1) ** 2))


def spread_by_detail(spread: NDArray, truth: NDArray, bicubic: NDArray) -> tuple[float, float]:
    """Mean spread where the LR image lost most, and elsewhere.

    spread, truth, bicubic: (H, W, C). Most is lost in the quarter of the pixels where bicubic enlargement is furthest
    from the truth; nan where there is no such quarter (an image that bicubic enlargement gives back).
    """
    lost = np.abs(truth.astype(np.float64) - bicubic.astype(np.float64)).mean(axis=2)
    where = lost > np.quantile(lost, 0.75)
    if not where.any():
        return float("nan"), float("nan")
    return float(spread[where].mean()), float(spread[~where].mean())
