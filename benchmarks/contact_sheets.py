"""Contact sheets for the documentation: four pictures, what a sampler draws of them, its mean and its spread.

Their pictures come inside scikit-learn and scikit-image and may be shown by everybody: handwritten digits (E. Alpaydin,
C. Kaynak, UCI repository, CC BY 4.0; given as 8x8 images, so that nobody has the truth), and photographs in the public
domain (NASA's astronaut and rocket) or under CC0 (R. Michel's coffee, S. van der Walt's cat).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inference import samplers
from inference.core.degradation import downscale, upscale
from inference.core.ensembling import mean_uint8, spread
from inference.core.images import to_uint8

WEIGHTS = ("digits", "digits_x8", "photos")
POOL, SHOWN = 20, 5
TILE, GAP, HEAD, SIDE = 128, 8, 24, 72
WHITE_SPREAD = 64  # of 255


@dataclass(frozen=True)
class Subject:
    """One picture: what it shows, its LR image, and the truth where anybody has it; uint8 (H, W, C)."""

    title: str
    low: NDArray[np.uint8]
    truth: NDArray[np.uint8] | None = None


def subjects(weights: str, scale: int) -> list[Subject]:
    """Two digits that are easy to read and two of the hardest, or four photographs."""
    return _photos(scale) if weights == "photos" else _digits(scale)


def _digits(scale: int) -> list[Subject]:
    """8x8 images, or 4x4 for samplers of scale 8: both stand for 32x32 pixels."""
    from sklearn.datasets import load_digits

    from studies.demo.digits import hardest

    data = load_digits()
    easy = [(int(data.target[n]), to_uint8(data.images[n] / 16)[..., None]) for n in (2, 3)]
    hard = [(one.label, one.image) for one in hardest(2)]
    return [Subject(f"a {label}", downscale(image, scale // 4) if scale > 4 else image) for label, image in easy + hard]


def _photos(scale: int) -> list[Subject]:
    """Squares of 128 pixels, from photographs reduced by 2 so that they hold detail."""
    from skimage import data

    corners = {"astronaut": (0, 40), "chelsea": (16, 40), "coffee": (40, 120), "rocket": (40, 100)}
    found = []
    for name, (top, left) in corners.items():
        image = getattr(data, name)()[..., :3]
        small = downscale(image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2], 2)
        truth = small[top : top + 128, left : left + 128]
        found.append(Subject(name, downscale(truth, scale), truth))
    return found


def draw_sheet(sampler: str, weights: str) -> Image.Image:
    """One row per picture: LR, bicubic, truth, samples, mean and spread of the pool."""
    loaded = samplers.load(sampler, weights, "auto")
    rows, shown = [], subjects(weights, loaded.scale)
    for subject in shown:
        low = subject.low / np.float32(255)
        pool = to_uint8(loaded.sample(low, range(POOL)))
        deviation = to_uint8(spread(pool) * 255 / WHITE_SPREAD)
        bicubic = to_uint8(upscale(low, loaded.scale))
        rows.append([subject.low, bicubic, subject.truth, *pool[:SHOWN], mean_uint8(pool), deviation])
    titles = ["LR", "bicubic", "truth", *(f"sample {n}" for n in range(SHOWN)), f"mean of {POOL}", "spread"]
    return _laid_out(titles, [subject.title for subject in shown], rows)


def _laid_out(titles: list[str], names: list[str], rows: list[list[NDArray[np.uint8] | None]]) -> Image.Image:
    """Titles above the columns, names before the rows; columns without any picture are left out."""
    columns = [place for place in range(len(titles)) if any(row[place] is not None for row in rows)]
    size = (SIDE + GAP + len(columns) * (TILE + GAP), HEAD + len(rows) * (TILE + GAP))
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for row, name in enumerate(names):
        pen.text((GAP, HEAD + row * (TILE + GAP) + TILE // 2 - 8), name, "#333333", font)
    for number, column in enumerate(columns):
        left = SIDE + GAP + number * (TILE + GAP)
        pen.text((left, 5), titles[column], "#333333", font)
        for row, pictures in enumerate(rows):
            picture = pictures[column]
            if picture is not None:
                sheet.paste(_tile(picture), (left, HEAD + row * (TILE + GAP)))
    return sheet


def _tile(image: NDArray[np.uint8]) -> Image.Image:
    """Every pixel as a square."""
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).convert("RGB")
    return picture.resize((TILE, TILE), Image.Resampling.NEAREST)
