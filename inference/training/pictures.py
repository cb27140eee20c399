"""What a recipe is trained on: one face for digits and photographs, so that families need not know which."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch

from inference.training.data import DigitPictures, Pair, load_digits
from inference.training.photos import PhotoCrops, load_photos

VARIATION = (
    "shift, size up to the whole frame, turn, slant, stroke width; half of the digits as they are, "
    "towards the end most of them"
)
SMALLEST = 128  # pixels per side of a photograph: the largest crop that a recipe takes, see `ldm.wide_batch`
STILL_VARIED = 0.25  # share of the batches at the end of a training, so that other digits are not forgotten
FRAME = 32  # pixels per side of a digit's picture: 28 and a black border


class Pictures(Protocol):
    """Endless batches of pairs.

    size: HR pixels per side;  facts: what the model card says of the data;  fingerprint: sha256 of what is shown
    """

    @property
    def channels(self) -> int: ...
    @property
    def scale(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def device(self) -> torch.device: ...
    @property
    def facts(self) -> dict[str, str]: ...
    @property
    def fingerprint(self) -> str: ...

    def batch(self, count: int, generator: torch.Generator) -> Pair:
        """``high`` float32 (B, C, size, size) and ``low`` (B, C, size / scale, size / scale) in [0, 1]."""

    def ending(self) -> Pictures | None:
        """What a training ends on; None where that is no other than what it begins on."""


@dataclass(frozen=True)
class DigitSource:
    """Digits in frames of 32 x 32 pixels; `digits` also gives the mosaics that some families train on.

    varied: the share of batches whose digits are varied. Variation teaches what strokes can look like, but a network
        that has seen varied digits to the end is too sure of images that are hard to read: it takes them for usual
        digits of unusual strokes, so the last steps show digits as they are.
    """

    digits: DigitPictures
    scale: int
    device: torch.device
    facts: dict[str, str]
    fingerprint: str
    varied: float = 1.0
    channels: int = 1
    size: int = FRAME

    def batch(self, count: int, generator: torch.Generator) -> Pair:
        varied = self.varied == 1 or torch.rand((), generator=generator) < self.varied
        draw = self.digits.batch if varied else self.digits.as_they_are
        return draw(count, generator, self.size, self.scale)

    def ending(self) -> DigitSource | None:
        return None if self.varied <= STILL_VARIED else replace(self, varied=STILL_VARIED)


@dataclass(frozen=True)
class PhotoSource:
    """Crops of photographs, mirrored and turned."""

    crops: PhotoCrops
    device: torch.device
    facts: dict[str, str]
    fingerprint: str
    channels: int = 3
    scale: int = 4
    size: int = 64

    def batch(self, count: int, generator: torch.Generator) -> Pair:
        return self.crops.batch(count, generator, self.size, self.scale)

    def ending(self) -> None:
        return None


def source(recipe: str, data: Path | None, device: str) -> Pictures:
    """The pictures of the recipe ``digits``, ``digits_x8`` or ``photos``.

    Raises FileNotFoundError or ValueError for unusable data.
    """
    if recipe == "photos":
        shown, kept_out = load_photos(data, smallest=SMALLEST).split()
        facts = {
            "data": f"{shown.source}; {len(shown.images)} photographs were shown, every tenth by name "
            f"({len(kept_out.images)}) never",
            "licence of the data": f"{shown.licence}; no picture is part of the weights",
            "variation": "crops of 64 x 64 pixels, mirrored and turned by quarters",
            "low-resolution images": "bicubic reduction by 4 (antialiased), 8 bits",
        }
        return PhotoSource(PhotoCrops(shown, device), torch.device(device), facts, shown.fingerprint)
    digits, kept_out_digits = load_digits(data).split()
    scale = 8 if recipe == "digits_x8" else 4
    facts = {
        "data": f"{digits.source}; {len(digits.images):,} images were shown, the last "
        f"{len(kept_out_digits.images):,} never",
        "licence of the data": digits.licence,
        "variation": VARIATION if scale == 4 else "none: 4 x 4 pixels cannot tell a varied digit from a usual one",
        "low-resolution images": f"bicubic reduction by {scale} (antialiased), 8 bits"
        + ("; some block averages of 17 levels" if scale == 4 else ""),
    }
    # A network that has seen varied digits reads more into 4 x 4 pixels than there is (a classifier of such images:
    # 77 % right on digits as they are, calibration error 0.09, against 83 % and 0.03 when it was trained on those).
    varied = 1.0 if scale == 4 else 0.0
    return DigitSource(DigitPictures(digits, device), scale, torch.device(device), facts, digits.fingerprint, varied)
