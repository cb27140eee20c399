"""Crops of photographs: seeded, in pairs that fit, and every tenth photograph kept out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inference.core.degradation import downscale
from inference.training.photos import PhotoCrops, Photos, load_photos
from inference.training.pictures import source


@pytest.fixture
def folder(tmp_path) -> Path:
    random = np.random.default_rng(0)
    for place in range(20):
        pixels = random.integers(0, 256, (70 + place, 90, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{place:03d}.png")
    (tmp_path / "notes.txt").write_text("no photograph")
    return tmp_path


def test_every_tenth_is_kept_out(folder):
    shown, kept_out = load_photos(folder).split()
    assert [image.shape[0] for image in kept_out.images] == [79, 89]
    assert len(shown.images) == 18


def test_pairs_fit_and_lie_in_a_photograph(folder):
    pair = source("photos", folder, "cpu").batch(3, torch.Generator().manual_seed(0))
    assert pair.high.shape == (3, 3, 64, 64)
    low = downscale(np.round(pair.high.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8), 4)
    assert np.abs(pair.low.permute(0, 2, 3, 1).numpy() * 255 - low).max() <= 1.001


def test_the_same_generator_gives_the_same_crops(folder):
    crops = PhotoCrops(load_photos(folder))
    first, again, other = (crops.batch(4, torch.Generator().manual_seed(seed)).high for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_crops_are_mirrored_and_turned():
    corner = np.zeros((64, 64, 3), np.uint8)
    corner[:4, :8] = 255
    high = PhotoCrops(Photos((corner,), "own")).batch(64, torch.Generator().manual_seed(0)).high
    assert len({tuple(image[0].flatten().nonzero().flatten().tolist()) for image in high}) == 8


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no photographs"):
        source("photos", tmp_path, "cpu")


def test_digits_of_four_pixels():
    pair = source("digits_x8", None, "cpu").batch(5, torch.Generator().manual_seed(0))
    assert pair.high.shape == (5, 1, 32, 32)
    assert pair.low.shape == (5, 1, 4, 4)
