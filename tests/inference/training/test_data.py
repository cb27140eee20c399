"""Training pictures: sources, variation, and what is left of them at low resolution."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from inference.core.degradation import downscale
from inference.training import data
from inference.training.data import DigitPictures, Digits, load_digits
from inference.training.degrade import lower_resolution
from inference.training.fonts import font_digits


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits(*font_digits(80), "fonts", "none")


def test_font_digits_are_legible_in_size_and_the_same_each_time():
    images, labels = font_digits(30)
    again, _ = font_digits(30)
    assert images.shape == (30, 28, 28)
    assert np.array_equal(images, again)
    assert len(set(labels.tolist())) > 5
    rows = (images.max(axis=2) > 127).sum(axis=1)
    assert rows.min() >= 14
    assert rows.max() <= 22


def test_fonts_stand_in_where_no_file_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRUSTSR_TRAINING_DATA", raising=False)
    monkeypatch.setattr(data, "font_digits", partial(font_digits, 40))
    assert "fonts" in load_digits().source


def test_a_file_that_was_asked_for_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no training data"):
        load_digits(tmp_path / "none.npz")


def test_a_file_of_the_wrong_shape_is_refused(tmp_path):
    np.savez(tmp_path / "odd.npz", images=np.zeros((4, 8, 8), np.uint8), labels=np.zeros(4))
    with pytest.raises(ValueError, match="must hold"):
        load_digits(tmp_path / "odd.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"text"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "odd.npz").write_bytes(content)
    with pytest.raises(ValueError, match="must hold"):
        load_digits(tmp_path / "odd.npz")


def test_an_archive_without_labels_is_refused(tmp_path):
    np.savez(tmp_path / "odd.npz", images=np.zeros((4, 28, 28), np.uint8))
    with pytest.raises(ValueError, match="must hold"):
        load_digits(tmp_path / "odd.npz")


def test_only_the_usual_60_000_digits_are_called_mnist(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "MNIST", 4)
    for name, count in (("own.npz", 4), ("few.npz", 3)):
        np.savez(tmp_path / name, images=np.zeros((count, 28, 28), np.uint8), labels=np.zeros(count))
    own = load_digits(tmp_path / "own.npz")
    assert (own.source, own.licence) == ("own.npz, 4 images of the user", "ask whoever made them")
    monkeypatch.setenv("TRUSTSR_TRAINING_DATA", str(tmp_path / "own.npz"))
    for usual in (load_digits(), load_digits(tmp_path / "own.npz")):
        assert (usual.source, usual.licence) == ("MNIST training set", "CC BY-SA 3.0")
    monkeypatch.setenv("TRUSTSR_TRAINING_DATA", str(tmp_path / "few.npz"))
    assert load_digits().source == "few.npz, 3 images of the user"


def test_a_fingerprint_tells_pictures_apart(digits):
    same = Digits(digits.images.copy(), digits.labels.copy(), "other words", "none")
    other = Digits(digits.images[::-1], digits.labels, "fonts", "none")
    assert digits.fingerprint == same.fingerprint != other.fingerprint


def test_the_last_5000_are_kept_out():
    numbered = np.broadcast_to((np.arange(60_000) % 256).astype(np.uint8)[:, None, None], (60_000, 28, 28))
    training, kept = Digits(numbered, np.zeros(60_000, np.uint8), "", "").split()
    assert (len(training.images), len(kept.images)) == (55_000, 5_000)
    assert kept.images[-1, 0, 0] == numbered[-1, 0, 0]


def test_batches_depend_on_the_generator_alone(digits):
    pictures = DigitPictures(digits)
    first, again, other = (pictures.batch(16, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.high, again.high)
    assert not torch.equal(first.high, other.high)


def test_half_of_the_digits_are_only_shifted(digits):
    pair = DigitPictures(digits).batch(200, generator())
    originals = torch.from_numpy(digits.images).float() / 255
    windows = pair.high[:, 0].unfold(1, 28, 1).unfold(2, 28, 1).reshape(200, 25, 784)
    distance = torch.cdist(windows.flatten(0, 1), originals.flatten(1)).reshape(200, -1).min(dim=1).values
    assert 70 < (distance < 1e-3).sum() < 130


def test_some_digits_fill_the_frame_from_edge_to_edge(digits):
    pair = DigitPictures(digits).batch(200, generator())
    rows = (pair.high[:, 0].amax(dim=2) > 0.5).sum(dim=1)
    assert 30 < (rows >= 27).sum() < 90


def test_low_resolution_is_the_downscale_of_the_core(digits):
    pair = DigitPictures(digits).batch(8, generator())
    low = lower_resolution(pair.high, torch.zeros(8, dtype=torch.bool))
    for high, reduced in zip(pair.high.numpy(), low.numpy(), strict=True):
        expected = np.clip(downscale(high[0][..., None].astype(np.float64), 4), 0, 1)[..., 0]
        assert np.abs(reduced[0] - expected).max() <= 0.5 / 255 + 1e-6


def test_marked_pictures_are_block_averages_of_17_levels(digits):
    pair = DigitPictures(digits).batch(4, generator())
    low = lower_resolution(pair.high, torch.ones(4, dtype=torch.bool))
    blocks = pair.high.reshape(4, 8, 4, 8, 4).mean(dim=(2, 4))
    assert torch.equal(low, (low * 16).round() / 16)
    assert (low[:, 0] - blocks).abs().max() <= 0.5 / 16 + 1e-6


def test_mosaics_are_full_windows_cut_at_multiples_of_four(digits):
    pictures = DigitPictures(digits)
    for seed in range(4):
        pair = pictures.mosaic(3, generator(seed))
        assert pair.high.shape == (3, 1, 64, 64)
        assert pair.low.shape == (3, 1, 16, 16)
        quarters = pair.high.reshape(3, 2, 32, 2, 32).amax(dim=(2, 4))
        assert quarters.min() > 0.5  # no part of a window is empty
