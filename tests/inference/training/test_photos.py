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
        pixels = random.integers(0, 256, (128 + place, 140, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{place:03d}.png")
    (tmp_path / "notes.txt").write_text("no photograph")
    return tmp_path


def test_every_tenth_is_kept_out(folder):
    shown, kept_out = load_photos(folder).split()
    assert [image.shape[0] for image in kept_out.images] == [137, 147]
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
    high = PhotoCrops(Photos((corner,), "own", "own")).batch(64, torch.Generator().manual_seed(0)).high
    assert len({tuple(image[0].flatten().nonzero().flatten().tolist()) for image in high}) == 8


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no photographs"):
        source("photos", tmp_path, "cpu")


def test_a_photograph_smaller_than_the_largest_crop_is_refused_by_name(folder):
    Image.new("RGB", (200, 127)).save(folder / "small.png")
    with pytest.raises(ValueError, match=r"small\.png has 200 x 127 pixels: at least 128 per side"):
        source("photos", folder, "cpu")
    assert len(load_photos(folder).images) == 21  # which is no matter to whoever does not crop


def test_only_the_usual_400_photographs_are_called_bsds500(tmp_path, monkeypatch):
    for place in range(400):
        Image.new("RGB", (4, 4)).save(tmp_path / f"{place}.png")
    own = load_photos(tmp_path)
    assert own.source == f"{tmp_path.name}, 400 images of the user"
    assert own.licence == "ask whoever made them"
    monkeypatch.setenv("TRUSTSR_TRAINING_PHOTOS", str(tmp_path))
    for usual in (load_photos(), load_photos(tmp_path)):
        assert usual.source.startswith("BSDS500")
        assert usual.licence.startswith("research and education")
    (tmp_path / "0.png").unlink()
    assert "399 images of the user" in load_photos().source


def test_photographs_of_the_user_are_the_user_s_on_the_card_too(folder):
    facts = source("photos", folder, "cpu").facts
    assert facts["data"] == (
        f"{folder.name}, 20 images of the user; 18 photographs were shown, every tenth by name (2) never"
    )
    assert facts["licence of the data"].startswith("ask whoever made them")


def test_digits_of_four_pixels():
    pair = source("digits_x8", None, "cpu").batch(5, torch.Generator().manual_seed(0))
    assert pair.high.shape == (5, 1, 32, 32)
    assert pair.low.shape == (5, 1, 4, 4)
