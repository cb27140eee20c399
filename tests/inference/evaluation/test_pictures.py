"""Where images come from: folders, pairs, crops, digits kept out of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.core.degradation import downscale
from inference.core.images import encode_png
from inference.evaluation import EvaluationError, pictures, reading
from inference.evaluation.pictures import Picture, digit_source, folder_source, photo_source, read_labels
from inference.evaluation.reading import LowReading
from inference.training.data import load_digits
from inference.training.fonts import font_digits


def image(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    for number, size in enumerate([(33, 47), (40, 40)]):
        (tmp_path / f"photo {number}.png").write_bytes(encode_png(image(*size, seed=number)))
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    images, labels = font_digits(400)
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(path, images=images, labels=labels)
    return path


@pytest.fixture
def digits(data, monkeypatch):
    """400 digits of fonts, of which 40 are kept out, in the place of handwritten ones."""
    monkeypatch.setenv("TRUSTSR_TRAINING_DATA", str(data))
    return load_digits().split()[1]


def test_images_are_cut_to_a_multiple_of_the_scale_and_reduced(folder):
    first, second = folder_source(folder, None).at(4)
    assert (first.name, first.high.shape, first.low.shape) == ("photo 0.png", (32, 44, 3), (8, 11, 3))
    assert np.array_equal(first.high, image(33, 47)[:32, :44])
    assert np.array_equal(first.low, downscale(first.high, 4))
    assert second.low.shape == (10, 10, 3)


def test_a_crop_is_from_the_middle(folder):
    first = folder_source(folder, 16).at(8)[0]
    assert np.array_equal(first.high, image(33, 47)[8:24, 15:31])
    assert np.array_equal(first.low, downscale(first.high, 8))


def test_a_crop_that_does_not_fit_is_refused(folder):
    with pytest.raises(EvaluationError, match="cannot be cut to 36 x 36"):
        folder_source(folder, 36).at(4)
    with pytest.raises(EvaluationError, match="cannot be cut to 20 x 20 at x8"):
        folder_source(folder, 20).at(8)


def test_of_pairs_the_lr_image_is_read_and_other_files_are_left_out(folder):
    low = image(5, 6, seed=9)
    (folder / "img_HR.png").write_bytes(encode_png(image(20, 24)))
    (folder / "img_LR.png").write_bytes(encode_png(low))
    (only,) = folder_source(folder, None).at(4)
    assert only.name == "img_HR.png"
    assert np.array_equal(only.low, low)
    with pytest.raises(EvaluationError, match=r"not img_HR\.png reduced by 8"):
        folder_source(folder, None).at(8)
    cropped = folder_source(folder, 16).at(8)[0]
    assert np.array_equal(cropped.low, downscale(cropped.high, 8))


def test_a_pair_without_its_lr_image_is_refused(tmp_path):
    (tmp_path / "img_HR.png").write_bytes(encode_png(image(20, 24)))
    with pytest.raises(EvaluationError, match=r"no img_LR\.png beside img_HR\.png"):
        folder_source(tmp_path, None).at(4)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(EvaluationError, match="no images in"):
        folder_source(tmp_path, None)


def test_digits_are_kept_out_ones_without_repetition(digits):
    found = digit_source(40).at(4)
    assert len({one.name for one in found}) == 40
    for one in found:
        place = int(one.name.split()[1])
        assert np.array_equal(one.high[..., 0], digits.images[place])
        assert one.label == digits.labels[place]
        assert np.array_equal(one.low, downscale(one.high, 4))
        assert one.low.shape == (7, 7, 1)
    assert [one.name for one in digit_source(3).at(4)] == [one.name for one in found[:3]]


def test_at_x8_digits_lie_in_the_middle_of_32_pixels(digits):
    one = digit_source(1).at(8)[0]
    assert one.high.shape == (32, 32, 1)
    assert one.low.shape == (4, 4, 1)
    assert np.array_equal(one.high[2:-2, 2:-2, 0], digits.images[int(one.name.split()[1])])
    assert one.high[:2].max() == one.high[:, -2:].max() == 0


def test_more_hard_digits_come_after_the_random_ones(digits, monkeypatch):
    """A digit is hard when the classifier of LR images is wrong or unsure, here for labels 3 and 8."""

    def read_low(lows):
        return [LowReading(int(label), 0.5 if label in (3, 8) else 0.99) for label in asked]

    asked: list[int] = []
    build = pictures._digits

    def _digits(places, images, labels, scale, *, extra):
        asked[:] = labels
        return build(places, images, labels, scale, extra=extra)

    monkeypatch.setattr(pictures, "_digits", _digits)
    monkeypatch.setattr(pictures, "read_low", read_low)
    monkeypatch.setattr(pictures, "_BATCH", 5)
    found = digit_source(10, 2).at(4)
    assert len(found) == 12
    assert [one.extra for one in found] == [False] * 10 + [True] * 2
    assert all(one.label in (3, 8) and one.hard for one in found[10:])
    assert [one.hard for one in found[:10]] == [one.label in (3, 8) for one in found[:10]]
    assert not {one.name for one in found[:10]} & {one.name for one in found[10:]}
    with pytest.raises(EvaluationError, match="not 30 more digits that are hard to read"):
        digit_source(10, 30).at(4)


@pytest.mark.parametrize("count", [0, 41])
def test_digits_that_are_not_there_are_refused(digits, count):
    with pytest.raises(EvaluationError, match="ask for 1 to 40"):
        digit_source(count)


def test_photographs_are_every_tenth_by_name(tmp_path, monkeypatch):
    for number in range(20):
        (tmp_path / f"{number:02}.png").write_bytes(encode_png(np.full((20, 24, 3), number, np.uint8)))
    monkeypatch.setenv("TRUSTSR_TRAINING_PHOTOS", str(tmp_path))
    found = photo_source(2, 16).at(4)
    assert [int(one.high[0, 0, 0]) for one in found] == [9, 19]
    assert [one.high.shape for one in found] == [(16, 16, 3)] * 2
    for count in (-1, 0, 3):
        with pytest.raises(EvaluationError, match="2 photographs are kept out"):
            photo_source(count, None)


def test_labels_come_from_a_file_of_names_and_digits(tmp_path):
    (tmp_path / "one.png").write_bytes(encode_png(image(28, 28, 1)))
    table = tmp_path / "labels.csv"
    table.write_text("name,label\none.png,7\n")
    found = folder_source(tmp_path, None, read_labels(table)).at(4)
    assert [one.label for one in found] == [7]
    assert found[0].hard is not None
    with pytest.raises(EvaluationError, match=r"no label for one\.png"):
        folder_source(tmp_path, None, {"two.png": 1}).at(4)


@pytest.mark.parametrize(("text", "sentence"), [("a.png\n", "two values"), ("", "two values"), ("a.png,x\n", "'x'")])
def test_a_bad_file_of_labels_is_refused(tmp_path, text, sentence):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(EvaluationError, match=sentence):
        read_labels(tmp_path / "labels.csv")


@pytest.mark.parametrize(("side", "kind"), [(4, "x8"), (7, "low"), (8, "low"), (9, None)])
def test_lr_images_are_read_by_the_classifier_of_their_size(monkeypatch, side, kind):
    kinds = []

    def probabilities(images, kind):
        kinds.append(kind)
        return np.full((len(images), 10), 0.1, np.float32)

    monkeypatch.setattr(reading, "_probabilities", probabilities)
    found = reading.read_low(np.zeros((2, side, side, 1), np.uint8))
    assert kinds == ([] if kind is None else [kind])
    assert found is None if kind is None else len(found) == 2


def test_hard_is_unsure_whatever_the_truth():
    """By the truth, exact shares would seem badly calibrated: confident misreadings in, confident right ones out."""
    picture = Picture("5", np.zeros((28, 28, 1), np.uint8), np.zeros((7, 7, 1), np.uint8), 5)
    readings = [LowReading(5, 0.95), LowReading(6, 0.95), LowReading(5, 0.85)]
    assert [replace(picture, low_reading=one).hard for one in readings] == [False, False, True]
