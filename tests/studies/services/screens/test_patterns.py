"""The pictures of the viewing check, judged by their pixels."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from studies.services.screens import patterns

# Smith and Pokorny's cones for linear sRGB, as Vienot, Brettel and Mollon (1999) give them.
CONES = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])


@pytest.mark.parametrize(("ground", "level"), [("dark", 0), ("light", 255)])
def test_there_are_as_many_squares_as_are_expected(ground: str, level: int) -> None:
    found = set()
    for seed in range(30):
        image = np.asarray(Image.open(BytesIO(patterns.squares_png(ground, seed))))
        other = image != level
        assert len(np.unique(image)) == 2
        assert np.abs(image.astype(int) - level).max() <= 12, "faint"
        assert other.sum() == patterns.squares(seed) * (patterns.CELL // 2) ** 2
        found.add(patterns.squares(seed))
    assert found == set(range(patterns.FEWEST, patterns.MOST + 1))


def linear(pixels: np.ndarray) -> np.ndarray:
    values = pixels / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def told_apart(values: np.ndarray, figure: np.ndarray) -> float:
    """How far the two groups lie apart, in standard deviations within them."""
    one, two = values[figure], values[~figure]
    return abs(one.mean() - two.mean()) / np.sqrt((one.var() + two.var()) / 2)


def seen(seed: int) -> dict[str, float]:
    """How well the digit of a plate stands out, by what an eye goes by."""
    pixels, shape = patterns.plate(seed)
    # No dot across the edge of the digit.
    inside, outside = (ndimage.binary_erosion(area, iterations=11) for area in (shape, ~shape))
    dots = ~(pixels == 128).all(axis=-1) & (inside | outside)
    colours, figure = linear(pixels[dots]), inside[dots]
    long, medium, short = (colours @ CONES.T).T
    signals = {"L/M": long / medium, "L": long, "M": medium, "S": short, "S/L": short / long, "S/M": short / medium}
    return {name: told_apart(values, figure) for name, values in signals.items()}


def test_only_the_balance_of_red_and_green_shows_the_digit() -> None:
    plates = [seen(seed) for seed in range(12)]
    assert min(plate["L/M"] for plate in plates) > 4, "people with all cones see it at a glance"
    for name in ("L", "M", "S", "S/L", "S/M"):
        found = [plate[name] for plate in plates]
        assert np.mean(found) < 0.7, f"{name}: no single cone, and no pair without L or without M"
        assert max(found) < 2


def test_one_seed_is_one_plate() -> None:
    assert patterns.plate_png(3) == patterns.plate_png(3) != patterns.plate_png(4)
    assert patterns.digit(3) in patterns.DIGITS


def test_digits_differ_on_the_plates() -> None:
    assert len({patterns.digit(seed) for seed in range(100)}) == len(patterns.DIGITS)
