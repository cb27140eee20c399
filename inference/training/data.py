"""Training pictures of digits: where they come from and how they are varied.

Handwritten digits (MNIST's training set, as one ``.npz``) when the file is there, digits rendered from fonts
otherwise. The last 5,000 handwritten digits are never shown to anything that is trained.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from torch.nn import functional

from inference.training.degrade import FACTOR, lower_resolution
from inference.training.fonts import font_digits

HELD_OUT = 5_000
DEFAULT_DATA = Path("../shared/data/mnist_train.npz")
MNIST = 60_000  # images of its training set
ASK = "ask whoever made them"
BOX = 20  # height in pixels of a digit inside its 28-pixel MNIST frame


@dataclass(frozen=True)
class Digits:
    """Labelled digits: ``images`` uint8 (N, 28, 28), white on black; ``labels`` uint8 (N,)."""

    images: np.ndarray
    labels: np.ndarray
    source: str
    licence: str

    @property
    def fingerprint(self) -> str:
        return fingerprint([self.images, self.labels])

    def split(self) -> tuple[Digits, Digits]:
        """Part for training and part kept out: the last 5,000, or the last tenth of a smaller set."""
        cut = len(self.images) - min(HELD_OUT, len(self.images) // 10)
        return (
            Digits(self.images[:cut], self.labels[:cut], self.source, self.licence),
            Digits(self.images[cut:], self.labels[cut:], self.source, self.licence),
        )


def load_digits(path: Path | None = None) -> Digits:
    """Read the digits at ``path``, ``TRUSTSR_TRAINING_DATA`` or the default place; else draw them from fonts.

    A path that was asked for must exist (``FileNotFoundError``); only the default place may be empty. Digits at any
    other path are not taken for MNIST's.
    """
    named = os.environ.get("TRUSTSR_TRAINING_DATA")
    asked = path or (Path(named) if named is not None else None)
    if asked is not None and not asked.is_file():
        raise FileNotFoundError(f"There is no training data at {asked}: give an .npz with 'images' and 'labels'.")
    chosen = asked or DEFAULT_DATA
    if not chosen.is_file():
        images, labels = font_digits()
        return Digits(images, labels, "digits rendered from the fonts of the machine", "none needed")
    unusable = f"{chosen} must hold 'images' uint8 (N, 28, 28) and as many 'labels'."
    try:
        with np.load(chosen, allow_pickle=False) as archive:
            images, labels = archive["images"], archive["labels"]
    except (BadZipFile, EOFError, KeyError, TypeError, ValueError) as error:
        raise ValueError(unusable) from error
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28) or len(images) != len(labels):
        raise ValueError(unusable)
    labels = labels.astype(np.uint8)
    if len(images) == MNIST and chosen.resolve() == Path(named or DEFAULT_DATA).resolve():
        return Digits(images, labels, "MNIST training set", "CC BY-SA 3.0")
    return Digits(images, labels, f"{chosen.name}, {len(images):,} images of the user", ASK)


def fingerprint(arrays: Iterable[np.ndarray]) -> str:
    """sha256 of pictures: the same if and only if they are."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


@dataclass(frozen=True)
class Pair:
    """A batch of pictures and what is left of them: float32 (B, C, H, W) and (B, C, H/4, W/4) in [0, 1].

    ``labels`` int64 (B,), or (B, 9) where a picture shows several digits.
    """

    high: torch.Tensor
    low: torch.Tensor
    labels: torch.Tensor


class DigitPictures:
    """Endless, seeded batches of varied digits; the same generator state gives the same batch."""

    def __init__(self, digits: Digits, device: str = "cpu") -> None:
        self.images = torch.from_numpy(digits.images.copy()).to(device)
        self.labels = torch.from_numpy(digits.labels.astype(np.int64)).to(device)

    def pick(self, count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw ``count`` digits with replacement: float32 (count, 1, 28, 28) in [0, 1], and their labels."""
        index = torch.randint(len(self.images), (count,), generator=generator).to(self.images.device)
        return self.images[index].unsqueeze(1).float() / 255, self.labels[index]

    def batch(self, count: int, generator: torch.Generator, frame: int = 32, factor: int = FACTOR) -> Pair:
        """Single digits in a black frame: half as they are, the rest resized, turned, thickened or thinned.

        Block averages, the way of scikit-learn's 8x8 digits, occur at a factor of 4 only.
        """
        digits, labels = self.pick(count, generator)
        high, boxed = vary(digits, frame, generator)
        return Pair(high, lower_resolution(high, boxed & (factor == FACTOR), factor), labels)

    def as_they_are(self, count: int, generator: torch.Generator, frame: int = 32, factor: int = FACTOR) -> Pair:
        """Single digits, not varied, in a black frame: at a pixel of the low-resolution image, or in the middle.

        A 7x7 image of a digit, mirrored to 8x8, is such a picture.
        """
        digits, labels = self.pick(count, generator)
        room = frame - digits.shape[-1]
        places = torch.randint(room // factor + 1, (2,), generator=generator) * factor + room % factor // 2
        top, left = places.tolist()
        high = functional.pad(digits, [left, room - left, top, room - top])
        averaged = torch.zeros(count, dtype=torch.bool, device=high.device)
        return Pair(high, lower_resolution(high, averaged, factor), labels)

    def mosaic(self, count: int, generator: torch.Generator, window: int = 64) -> Pair:
        """Windows full of different digits, side by side with period 28 or 32, cut at any multiple of 4."""
        frame = 28 if torch.rand((), generator=generator) < 0.5 else 32
        picked, labels = self.pick(9 * count, generator)
        digits, boxed = vary(picked, frame, generator)
        rows = digits.reshape(count, 3, 3, frame, frame).permute(0, 1, 3, 2, 4)
        wall = rows.reshape(count, 1, 3 * frame, 3 * frame)
        top, left = (4 * int(torch.randint((3 * frame - window) // 4 + 1, (), generator=generator)) for _ in "yx")
        high = wall[..., top : top + window, left : left + window]
        return Pair(high, lower_resolution(high, boxed[:count]), labels.reshape(count, 9))


def vary(digits: torch.Tensor, frame: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Place 28-pixel digits in ``frame`` x ``frame`` pixels; also says which to reduce by block averages.

    Half of them keep their size and strokes and are only shifted; a fifth vary a little; the others fill the
    frame from edge to edge, as the 32x32 scans behind scikit-learn's 8x8 digits do. Half of those last are
    marked for block averaging, the way those 8x8 digits were made.
    """
    count = len(digits)

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    kind = torch.rand(count, generator=generator)
    plain, full = kind < 0.5, kind >= 0.7
    fill = frame / BOX
    tall = torch.where(full, uniform(0.86 * fill, 1.03 * fill), uniform(0.85, 1.3))
    wide = torch.where(full, tall * uniform(0.65, 1.1), tall * uniform(0.85, 1.15))
    turn = torch.where(full, uniform(-0.12, 0.12), uniform(-0.2, 0.2))
    slant = uniform(-0.2, 0.2)
    room = (frame - 28) // 2
    jitter = torch.randint(-room, room + 1, (2, count), generator=generator).float()
    slide = torch.where(plain, jitter, torch.stack([uniform(-2, 2), uniform(-2, 2)]))
    one, none = torch.ones(count), torch.zeros(count)
    tall, wide = torch.where(plain, one, tall), torch.where(plain, one, wide)
    turn, slant = torch.where(plain, none, turn), torch.where(plain, none, slant)
    weight = torch.where(plain, none, uniform(-0.5, 0.9))
    boxed = full & (torch.rand(count, generator=generator) < 0.5)

    matrix = _inverse_affine(wide, tall, turn, slant, slide, frame)
    placed = _resample(_restroke(digits, weight.to(digits.device)), matrix.to(digits.device), frame)
    contrast = torch.where(plain, one, tall.clamp(1, 1.6)).to(digits.device)[:, None, None, None]
    return ((placed - 0.5) * contrast + 0.5).clamp(0, 1), boxed.to(digits.device)


def _inverse_affine(
    wide: torch.Tensor, tall: torch.Tensor, turn: torch.Tensor, slant: torch.Tensor, slide: torch.Tensor, frame: int
) -> torch.Tensor:
    """Matrices (B, 2, 3) from places in the frame to places in the digit, in ``grid_sample``'s [-1, 1] units."""
    cosine, sine, ratio = turn.cos(), turn.sin(), frame / 28
    forward = torch.stack(
        [torch.stack([wide * cosine, wide * slant - tall * sine], -1), torch.stack([wide * sine, tall * cosine], -1)],
        -2,
    )
    backward = torch.linalg.inv(forward) * ratio
    offset = -(backward @ (slide.T * 2 / frame).unsqueeze(-1))
    return torch.cat([backward, offset], -1)


def _resample(digits: torch.Tensor, matrix: torch.Tensor, frame: int) -> torch.Tensor:
    grid = functional.affine_grid(matrix, [len(digits), 1, frame, frame], align_corners=False)
    return functional.grid_sample(digits, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _restroke(digits: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Blend towards the local maximum (``weight`` 1, thicker strokes) or minimum (-1, thinner) of 3x3 pixels."""
    amount = weight[:, None, None, None]
    thick = functional.max_pool2d(digits, 3, stride=1, padding=1)
    thin = -functional.max_pool2d(-digits, 3, stride=1, padding=1)
    return digits + amount.clamp(min=0) * (thick - digits) + (-amount).clamp(min=0) * (thin - digits)
