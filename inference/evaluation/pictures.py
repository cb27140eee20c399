"""The images that samplers are tried on: HR, LR and, for digits, labels; from a folder or from the data kept out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.core.degradation import downscale
from inference.core.images import read_image, to_uint8
from inference.evaluation import EvaluationError
from inference.evaluation.reading import HARD, LowReading, digit, read_low

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_BATCH = 500


@dataclass(frozen=True)
class Picture:
    """One image: uint8 (H, W, C), its LR image uint8 (h, w, C), and its digit where it shows one.

    low_reading: what a classifier of the LR images makes of it, where there is one
    extra: picked because it is hard to read, so that it counts among the hard ones only
    """

    name: str
    high: NDArray[np.uint8]
    low: NDArray[np.uint8]
    label: int | None = None
    low_reading: LowReading | None = None
    extra: bool = False

    @property
    def hard(self) -> bool | None:
        """Whether the LR image is hard to read; None where that is unknown."""
        return None if self.low_reading is None else self.low_reading.hard


@dataclass(frozen=True)
class Source:
    """``about``: where the images come from, in words;  ``at(scale)``: the images for samplers of that scale."""

    about: str
    at: Callable[[int], list[Picture]]


def folder_source(folder: Path, crop: int | None, labels: dict[str, int] | None = None) -> Source:
    """Images of a folder. Where files are called ``*_HR.*``, only these, each with the ``*_LR.*`` beside it.

    crop: side of the square from the middle of each HR image. The LR image of a crop is made from the crop, that of a
    whole image without a partner from the image, cut at the right and lower edge to a multiple of the scale.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in ENDINGS)
    pairs = [path for path in paths if path.stem.endswith("_HR")]
    chosen = pairs or paths
    if not chosen:
        raise EvaluationError(f"There are no images in {folder}.")

    def at(scale: int) -> list[Picture]:
        found = [_from_file(path, scale, crop, paired=bool(pairs)) for path in chosen]
        return found if labels is None else _labelled(found, labels)

    return Source(f"{len(chosen)} images of {folder.name}" + (f", middle {crop} x {crop}" if crop else ""), at)


def photo_source(count: int, crop: int | None, data: Path | None = None) -> Source:
    """Photographs that training never sees (every tenth by name) of those in ``data`` or the usual place."""
    from inference.training.photos import load_photos  # torch, on first use

    kept_out = load_photos(data).split()[1]
    if not 1 <= count <= len(kept_out.images):
        raise EvaluationError(
            f"{len(kept_out.images)} photographs are kept out of training (every tenth): ask for that many or fewer."
        )
    images = kept_out.images[:count]
    about = f"{len(images)} photographs kept out of training ({kept_out.source})"
    names = [f"photo {10 * place + 10}" for place in range(len(images))]
    return Source(
        about + (f", middle {crop} x {crop}" if crop else ""),
        lambda scale: [_reduced(name, image, scale, crop) for name, image in zip(names, images, strict=True)],
    )


def digit_source(count: int, hard_count: int = 0, data: Path | None = None) -> Source:
    """Digits that training never sees, in an order drawn once; then more of them whose LR images are hard to read.

    data: file of digits, see `load_digits`

    They are 28 x 28, in a black frame where the scale asks for it: 32 x 32 at x8.
    """
    from inference.training.data import load_digits  # torch, on first use

    kept_out = load_digits(data).split()[1]
    order = np.random.default_rng(0).permutation(len(kept_out.images))
    if not 1 <= count <= len(order):
        raise EvaluationError(f"There are {len(order)} digits kept out of training: ask for 1 to {len(order)}.")

    def at(scale: int) -> list[Picture]:
        def taken(places: NDArray[np.integer], *, extra: bool) -> list[Picture]:
            return _digits(places, kept_out.images[places], kept_out.labels[places], scale, extra=extra)

        found, rest = taken(order[:count], extra=False), order[count:]
        missing = hard_count
        while missing and len(rest):
            more = [one for one in taken(rest[:_BATCH], extra=True) if one.hard][:missing]
            found, rest, missing = found + more, rest[_BATCH:], missing - len(more)
        if missing:
            raise EvaluationError(f"There are not {hard_count} more digits that are {HARD}.")
        return found

    more = f", and {hard_count} more that are hard to read" if hard_count else ""
    return Source(f"{count} digits kept out of training{more} ({kept_out.source})", at)


def read_labels(path: Path) -> dict[str, int]:
    """Digits by the name of their image, from a CSV file with the columns name and label."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row]
    if rows and rows[0] == ["name", "label"]:
        rows = rows[1:]
    if not rows or any(len(row) != 2 for row in rows):
        raise EvaluationError(f"{path} must hold lines of two values: the name of an image and its digit.")
    return {name.strip(): digit(label.strip()) for name, label in rows}


def _digits(
    places: NDArray[np.integer], images: NDArray[np.uint8], labels: NDArray[np.uint8], scale: int, *, extra: bool
) -> list[Picture]:
    border = (-images.shape[1] % scale) // 2
    highs = np.pad(images, ((0, 0), (border, border), (border, border)))[..., None]
    lows = downscale(highs, scale)
    readings = read_low(lows)
    return [
        Picture(
            f"digit {place}",
            highs[row],
            lows[row],
            int(labels[row]),
            None if readings is None else readings[row],
            extra,
        )
        for row, place in enumerate(places)
    ]


def _from_file(path: Path, scale: int, crop: int | None, *, paired: bool) -> Picture:
    high = to_uint8(read_image(path))
    if not paired or crop is not None:
        return _reduced(path.name, high, scale, crop)
    partner = path.with_name(f"{path.stem.removesuffix('_HR')}_LR{path.suffix}")
    if not partner.is_file():
        raise EvaluationError(f"There is no {partner.name} beside {path.name}.")
    low = to_uint8(read_image(partner))
    height, width, channels = low.shape
    if high.shape != (height * scale, width * scale, channels):
        raise EvaluationError(
            f"{partner.name} is not {path.name} reduced by {scale}, which these weights need: give a crop."
        )
    return Picture(path.name, high, low)


def _reduced(name: str, high: NDArray[np.uint8], scale: int, crop: int | None) -> Picture:
    if crop is not None:
        if min(high.shape[:2]) < crop or crop % scale:
            raise EvaluationError(
                f"{name} has {high.shape[1]} x {high.shape[0]} pixels: it cannot be cut to {crop} x {crop} at x{scale}."
            )
        top, left = (high.shape[0] - crop) // 2, (high.shape[1] - crop) // 2
        high = high[top : top + crop, left : left + crop]
    height, width = (side - side % scale for side in high.shape[:2])
    high = high[:height, :width]
    return Picture(name, high, downscale(high, scale))


def _labelled(pictures: list[Picture], labels: dict[str, int]) -> list[Picture]:
    missing = [one.name for one in pictures if one.name not in labels]
    if missing:
        raise EvaluationError(f"There is no label for {missing[0]}.")
    readings = [read_low(one.low[None]) for one in pictures]
    return [
        replace(one, label=labels[one.name], low_reading=reading[0] if reading else None)
        for one, reading in zip(pictures, readings, strict=True)
    ]
