"""Digits rendered from the machine's fonts: training pictures where no handwritten digits are at hand."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

log = logging.getLogger(__name__)

SYMBOLS = ("symbol", "sym", "cmex", "cmsy", "cmmi", "stixsiz", "emoji", "dingbat", "icon", "mathtex", "cmtt10.")
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "/System/Library/Fonts", "C:/Windows/Fonts")
FRAME, BOX = 28, 20


def font_files() -> list[Path]:
    """Fonts of the machine that draw digits as digits, in a fixed order."""
    folders = [Path(name).expanduser() for name in FOLDERS]
    found = {path for folder in folders if folder.is_dir() for path in folder.rglob("*.[to]tf")}
    return sorted(path for path in found if not any(word in path.name.lower() for word in SYMBOLS))


def font_digits(count: int = 12_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``count`` digits as uint8 (count, 28, 28), white on black, about 20 pixels high, and their labels.

    Fonts, heights and slants are drawn at random; Pillow's own font is used where the machine has none.
    """
    random = np.random.default_rng(seed)
    fonts = _load(font_files())
    labels = random.integers(0, 10, count).astype(np.uint8)
    images = np.stack([_draw(int(label), fonts[random.integers(len(fonts))], random) for label in labels])
    return images, labels


def _load(paths: list[Path]) -> list[Font]:
    fonts: list[Font] = []
    for path in paths:
        try:
            fonts.append(ImageFont.truetype(str(path), 4 * BOX))
        except OSError:
            log.warning("Left out a font that cannot be read: %s", path.name)
    return fonts or [ImageFont.load_default(4 * BOX)]


def _draw(label: int, font: Font, random: np.random.Generator) -> np.ndarray:
    """One digit, drawn four times too large, slanted, and fitted into a box of about 20 pixels."""
    large = Image.new("L", (8 * FRAME, 8 * FRAME))
    ImageDraw.Draw(large).text((4 * FRAME, 4 * FRAME), str(label), fill=255, font=font, anchor="mm")
    slant = random.uniform(-0.25, 0.25)
    large = large.transform(
        large.size, Image.Transform.AFFINE, (1, slant, -slant * 4 * FRAME, 0, 1, 0), Image.Resampling.BILINEAR
    )
    digit = large.crop(large.getbbox() or (0, 0, 8, 8))
    height = int(random.integers(BOX - 3, BOX + 2))
    width = max(2, min(BOX, round(digit.width * height / digit.height * random.uniform(0.85, 1.2))))
    frame = Image.new("L", (FRAME, FRAME))
    frame.paste(digit.resize((width, height), Image.Resampling.BOX), ((FRAME - width) // 2, (FRAME - height) // 2))
    return np.asarray(frame)
