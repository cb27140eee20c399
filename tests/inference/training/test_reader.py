"""The reader that ships: the yardstick of legibility must itself read real digits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits as scikit_digits

from inference.core.degradation import upscale
from inference.training import reader
from inference.training.data import Digits
from inference.training.fonts import font_digits
from inference.training.reader import Reader, frame_images, load_reader, read, train_reader


@pytest.fixture(scope="module")
def scanned() -> tuple[np.ndarray, np.ndarray]:
    """300 handwritten 8x8 digits by other writers than MNIST's."""
    found = scikit_digits()
    return (found.images[:300, ..., None] / 16).astype(np.float32), found.target[:300]


def test_probabilities_add_up(scanned):
    probabilities = read(scanned[0], "low")
    assert probabilities.shape == (300, 10)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_it_reads_digits_of_other_writers(scanned):
    images, labels = scanned
    enlarged = np.stack([np.clip(upscale(image, 4), 0, 1) for image in images])
    assert (read(enlarged).argmax(axis=1) == labels).mean() > 0.9
    assert (read(images, "low").argmax(axis=1) == labels).mean() > 0.85


def test_small_images_are_centred_on_black():
    framed = frame_images(np.ones((1, 28, 28, 3), np.float32), 32)
    assert framed.shape == (1, 1, 32, 32)
    assert framed[0, 0, 2:30, 2:30].min() == 1
    assert framed.sum() == 28 * 28


def test_images_larger_than_the_frame_are_refused():
    with pytest.raises(ValueError, match="up to 32 x 32"):
        read(np.zeros((1, 33, 8, 1), np.float32))


@pytest.mark.parametrize("kind", ["high", "low", "x8"])
def test_training_learns_digits_from_fonts(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "BATCH", 32)
    digits = Digits(*font_digits(60), "fonts", "none")
    trained, progress = train_reader(kind, digits, tmp_path, steps=100)
    assert progress.step == 100
    assert isinstance(trained, Reader)
    assert reader.held_out_accuracy(trained, digits) > 0.5


def test_the_shipped_readers_are_small():
    for kind in ("high", "low"):
        assert sum(value.numel() for value in load_reader(kind).parameters()) * 2 < 300_000


@pytest.fixture
def few_digits(tmp_path, monkeypatch) -> Path:
    images, labels = font_digits(40)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    monkeypatch.setattr(reader, "STEPS", {"high": 2, "low": 2, "x8": 2})
    return tmp_path / "digits.npz"


def test_the_recipe_writes_all_kinds(few_digits, tmp_path):
    path = reader.train(output=tmp_path / "weights", name="own", data=few_digits)
    assert path.name == "own.safetensors"
    written = sorted(file.name for file in path.parent.glob("*.safetensors"))
    assert written == ["own-low.safetensors", "own-x8.safetensors", "own.safetensors"]


def test_one_kind_can_be_trained_alone(few_digits, tmp_path):
    path = reader.train(output=tmp_path / "weights", name="own", data=few_digits, kinds=["x8"])
    assert [file.name for file in path.parent.glob("*.safetensors")] == ["own-x8.safetensors"]
    assert json.loads(path.with_suffix(".json").read_text())["frame"] == 4
