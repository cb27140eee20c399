"""What can be made of two samples of one image, by families that can: new ones between them, or parts of both in one.

Families say which kinds they know in ``Settings.MIXTURES`` (a tuple, for pages that know no torch) and draw them by
``draw_mixed(low_res, seeds, settings, mixture=..., check=...)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

INTERPOLATION, FUSION = "interpolation", "fusion"


class MixtureError(ValueError):
    """Two samples that cannot be mixed as asked; the message is one sentence."""


@dataclass(frozen=True)
class Origin:
    """Where a sample's noise came from: its seed, and in which attempt it was drawn."""

    seed: int
    attempt: int = 0


@dataclass(frozen=True)
class Interpolation:
    """Samples between two, as the noise that they are drawn from goes over from one to the other.

    shares: of the second sample, in [0, 1], for the seeds 1, 2, 3, ...
    """

    first: Origin
    second: Origin
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Fusion:
    """A region of one sample put into another, diffused in part and denoised, so that it fits there.

    base, other: float32 (H, W, C) in [0, 1];  box: left, top, right, bottom in their pixels
    percent: how much of the chain is gone back; few keep what was put in, many take its place by the base's content
    """

    base: NDArray[np.float32]
    other: NDArray[np.float32]
    box: tuple[int, int, int, int]
    percent: int

    def pasted(self) -> NDArray[np.float32]:
        """The base with the region of the other, (H, W, C)."""
        return self.with_region_of(self.other)

    def with_region_of(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """The base, and within the box a picture (H, W, C)."""
        left, top, right, bottom = self.box
        result = self.base.copy()
        result[top:bottom, left:right] = picture[top:bottom, left:right]
        return result


Mixture = Interpolation | Fusion


def interpolation(samples: Sequence[str], origins: Sequence[Origin], count: int) -> dict[str, Any]:
    """What is stored of ``count`` samples evenly between two, neither of which is repeated.

    samples: sha256 of both pictures; origins: of both, in the same order
    """
    shares = [round(place / (count + 1), 6) for place in range(1, count + 1)]
    known = [[origin.seed, origin.attempt] for origin in origins]
    return {"kind": INTERPOLATION, "samples": list(samples), "origins": known, "shares": shares}


def fusion(samples: Sequence[str], box: Sequence[int], percent: int, size: tuple[int, int]) -> dict[str, Any]:
    """What is stored of samples that are the first with a region of the second; see `Fusion`.

    size: width and height of both pictures. Raises MixtureError for a box or percentage that makes no sense.
    """
    left, top, right, bottom = box
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise MixtureError(
            f"The region from ({left}, {top}) to ({right}, {bottom}) does not lie within {size[0]} x {size[1]} pixels."
        )
    if (right - left, bottom - top) == size:
        raise MixtureError("The region is the whole picture: choose a part of it.")
    if not 1 <= percent <= 99:
        raise MixtureError(f"The chain is gone back by 1 to 99 per cent, not {percent}.")
    return {"kind": FUSION, "samples": list(samples), "box": list(box), "percent": percent}


def read_mixture(stored: Mapping[str, Any], picture: Callable[[str], NDArray[np.float32]]) -> Mixture:
    """The mixture that was stored by `interpolation` or `fusion`; ``picture`` reads one (H, W, C) by its sha256."""
    if stored["kind"] == INTERPOLATION:
        first, second = (Origin(seed, attempt) for seed, attempt in stored["origins"])
        return Interpolation(first, second, tuple(stored["shares"]))
    base, other = (picture(sha256) for sha256 in stored["samples"])
    left, top, right, bottom = stored["box"]
    return Fusion(base, other, (left, top, right, bottom), stored["percent"])
