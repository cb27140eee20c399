"""All figures of one image and the samples drawn of it, as plain values that a JSON file can hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.consistency import project
from inference.core.degradation import upscale
from inference.core.ensembling import mean_uint8, spread
from inference.core.images import to_uint8
from inference.core.metrics import lr_consistency, peak_signal_noise_ratio, structural_similarity
from inference.evaluation.distances import Distance
from inference.evaluation.diversity import best_of, curve_places, diversity_score, gradient_energy, spread_by_detail
from inference.evaluation.pictures import Picture
from inference.evaluation.reading import read_high
from inference.readers import DIGITS

PSNR_CAP = 100.0
PROJECTION = 2
_TOGETHER = 1 << 20  # pixels and channels that are measured at once
Record = dict[str, Any]


def measure(picture: Picture, samples: NDArray[np.uint8], distance: Distance, scale: int, shave: int = 0) -> Record:
    """Figures of one image.

    samples: uint8 (N, H, W, C), at least one, as people would see them
    shave: border pixels left out of PSNR and SSIM

    All images, the mean of the pool and bicubic enlargement too, are rounded to 8 bits first. PSNR is capped at
    100 dB. Undefined values, such as the spread of one sample, are None.
    """
    mapped = distance.against(picture.high)
    parts = _parts(samples)
    maps = np.concatenate([mapped(part) for part in parts])
    single = [_fidelity(picture.high, sample, shave) for sample in samples]
    bicubic = to_uint8(upscale(picture.low / np.float32(255), scale))
    pooled = mean_uint8(samples)
    places = curve_places(len(samples))
    distances = maps.mean(axis=(1, 2))
    record = {
        "name": picture.name,
        "size": list(picture.high.shape),
        "sample": {**_averaged(single), "distance": float(distances.mean())},
        "mean": _whole(picture, pooled, mapped, scale, shave),
        "bicubic": _whole(picture, bicubic, mapped, scale, shave),
        "lr_consistency": _consistency(parts, picture.low, scale),
        "lr_consistency_projected": _consistency(
            (to_uint8(project(part, picture.low, scale, PROJECTION)) for part in parts), picture.low, scale
        ),
        "diversity": vars(diversity_score(maps)),
        "pixel_std": _spread(samples, picture.high, bicubic),
        "gradient_energy": {
            "truth": gradient_energy(picture.high),
            "sample": float(np.mean([gradient_energy(sample) for sample in samples])),
            "mean": gradient_energy(pooled),
            "bicubic": gradient_energy(bicubic),
        },
        "best_of": {
            "n": places,
            "psnr_y": best_of([one["psnr_y"] for one in single], places, "higher"),
            "distance": best_of(distances.tolist(), places, "lower"),
        },
    }
    if picture.label is not None:
        record["labels"] = _labels(picture, samples, pooled)
    plain: Record = rounded(record)
    return plain


def rounded(value: Any) -> Any:
    """Floats to six significant digits, and None for what is no finite number, all through lists and dicts."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _fidelity(truth: NDArray[np.uint8], image: NDArray[np.uint8], shave: int) -> dict[str, float]:
    """For grey images ``psnr_y`` is of their one channel, and ``psnr_rgb`` undefined."""
    luma = peak_signal_noise_ratio(truth, image, data_range=255, channels="y", crop=shave)
    colour = peak_signal_noise_ratio(truth, image, data_range=255, crop=shave) if truth.shape[2] == 3 else math.nan
    return {
        "psnr_y": min(luma, PSNR_CAP),
        "psnr_rgb": min(colour, PSNR_CAP),
        "ssim_y": structural_similarity(truth, image, data_range=255, channels="y", crop=shave),
    }


def _averaged(single: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in single])) for name in single[0]}


def _whole(
    picture: Picture,
    image: NDArray[np.uint8],
    mapped: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    scale: int,
    shave: int,
) -> dict[str, float]:
    return {
        **_fidelity(picture.high, image, shave),
        "distance": float(mapped(image[None]).mean()),
        "lr_consistency": float(lr_consistency(image, picture.low, scale)),
    }


def _parts(samples: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The samples in stacks that take little memory: many small ones together, large ones one by one."""
    size = max(1, _TOGETHER // samples[0].size)
    return [samples[start : start + size] for start in range(0, len(samples), size)]


def _consistency(parts: Iterable[NDArray[np.uint8]], low: NDArray[np.uint8], scale: int) -> dict[str, float]:
    decibels = np.concatenate([np.asarray(lr_consistency(part, low, scale)) for part in parts])
    return {"mean": float(decibels.mean()), "worst": float(decibels.min())}


def _spread(samples: NDArray[np.uint8], truth: NDArray[np.uint8], bicubic: NDArray[np.uint8]) -> dict[str, float]:
    """The mean standard deviation over samples, 8-bit scale: everywhere, where the LR image lost most, elsewhere."""
    deviation = 255 * spread(samples)
    lost, elsewhere = spread_by_detail(deviation, truth, bicubic)
    return {"mean": float(deviation.mean()), "lost": lost, "elsewhere": elsewhere}


def _labels(picture: Picture, samples: NDArray[np.uint8], pooled: NDArray[np.uint8]) -> Record:
    """The digits read in the samples (``counts``, by digit), in the first, in their mean, in truth and LR image."""
    read = read_high(np.concatenate([samples, pooled[None], picture.high[None]]))
    return {
        "truth": picture.label,
        "hard": picture.hard,
        "extra": picture.extra,
        "low": None if picture.low_reading is None else picture.low_reading.digit,
        "counts": np.bincount(read[:-2], minlength=len(DIGITS)).tolist(),
        "first": int(read[0]),
        "mean": int(read[-2]),
        "high": int(read[-1]),
    }
