"""Pictures that tell what a screen shows and an eye sees: faint squares, and digits in dots of another hue.

All are drawn from a seed when they are asked for; what is right to answer never leaves the server.

A colour plate is a disc of dots. The dots of a digit differ from the others along the one direction of linear sRGB
that changes neither the luminance nor the answer of the S cones, so that only the balance of L and M cones tells.
Who lacks one of these is left with a small difference in lightness, and in blue against the rest; both vary at random
from dot to dot by much more than that. (Cones: Smith and Pokorny, for sRGB as in Vienot, Brettel and Mollon 1999.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inference.core.images import encode_png

#: Grounds and how far a square stands off, on the 8-bit scale: seen on any screen that is neither too dark nor washed
#: out by light, and by nobody on others.
GROUNDS = {"dark": (0, 12), "light": (255, -9)}
COLUMNS, ROWS, CELL = 4, 2, 48
FEWEST, MOST = 2, 6

PLATE = 360  # pixels per side
DIGITS = "23456789"  # 0 and 1 can be guessed from a few dots
#: Linear sRGB to luminance, and to S cones.
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
S_CONES = np.array([0.0178, 0.1096, 0.8726])
GREY = np.array([0.36, 0.33, 0.17])
HUE_STEP = 0.15
LIGHTNESS = (0.5, 1.5)
BLUENESS = (0.4, 1.6)


def squares(seed: int) -> int:
    """How many squares the pattern of this seed has."""
    return int(np.random.default_rng(seed).integers(FEWEST, MOST + 1))


def squares_png(ground: str, seed: int) -> bytes:
    """Faint squares on a dark or a light ground, at random places."""
    level, step = GROUNDS[ground]
    rng = np.random.default_rng(seed)
    count = int(rng.integers(FEWEST, MOST + 1))
    image = np.full((ROWS * CELL, COLUMNS * CELL), level, dtype=np.uint8)
    inner = slice(CELL // 4, -CELL // 4)
    for place in rng.choice(ROWS * COLUMNS, count, replace=False):
        top, left = divmod(int(place), COLUMNS)
        cell = image[top * CELL : (top + 1) * CELL, left * CELL : (left + 1) * CELL]
        cell[inner, inner] = level + step
    return encode_png(image)


def digit(seed: int) -> str:
    """The digit on the plate of this seed."""
    return DIGITS[int(np.random.default_rng(seed).integers(len(DIGITS)))]


def plate_png(seed: int) -> bytes:
    """The colour plate of this seed."""
    return encode_png(plate(seed)[0])


def plate(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The plate's sRGB pixels, and where its digit is."""
    rng = np.random.default_rng(seed)
    shape = _digit_mask(DIGITS[int(rng.integers(len(DIGITS)))])
    figure, ground = _colours()
    swapped = bool(rng.integers(2))
    image = Image.new("RGB", (PLATE, PLATE), (128, 128, 128))
    draw = ImageDraw.Draw(image)
    for x, y, radius in _dots(rng):
        inside = shape[round(y), round(x)]
        colour = (figure if inside == swapped else ground) * rng.uniform(*LIGHTNESS)
        colour[2] *= rng.uniform(*BLUENESS)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_srgb(colour))
    return np.asarray(image), shape


def _colours() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two colours of one luminance that S cones cannot tell apart."""
    direction = np.cross(S_CONES, LUMINANCE)
    direction /= np.abs(direction).max()
    return GREY + HUE_STEP * direction, GREY - HUE_STEP * direction


def _srgb(linear: NDArray[np.float64]) -> tuple[int, int, int]:
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.floor(encoded * 255 + 0.5).astype(int).tolist()
    return red, green, blue


def _digit_mask(text: str) -> NDArray[np.bool_]:
    """The digit in the middle of the plate, two thirds as high."""
    image = Image.new("L", (PLATE, PLATE), 0)
    font = ImageFont.load_default(size=PLATE * 0.8)
    middle = (PLATE / 2, PLATE / 2)
    ImageDraw.Draw(image).text(middle, text, fill=255, font=font, anchor="mm", stroke_width=12)
    return np.asarray(image) > 127


def _dots(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Dots (x, y, radius) that do not touch, thrown at a disc: large ones first, so that small ones fill the gaps."""
    found = np.empty((0, 3))
    middle = PLATE / 2
    for radius, throws in ((11, 700), (8, 1500), (5.5, 3000)):
        for x, y in rng.uniform(0, PLATE, (throws, 2)):
            if np.hypot(x - middle, y - middle) + radius > middle - 2:
                continue
            apart = np.hypot(found[:, 0] - x, found[:, 1] - y) - found[:, 2]
            if not len(found) or apart.min() > radius + 1.5:
                found = np.vstack([found, (x, y, radius)])
    return [(float(x), float(y), float(radius)) for x, y, radius in found]
