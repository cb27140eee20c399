"""The weights that ship: listed, small enough, and better than bicubic on digits they have never seen."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from inference import samplers
from inference.core.degradation import downscale, upscale
from inference.core.images import to_uint8
from inference.core.metrics import lr_consistency, peak_signal_noise_ratio
from inference.core.weights import SHIPPED, manifest, sha256_of
from inference.samplers.device import computes_bfloat16
from inference.training.fonts import font_digits
from inference.training.reader import read


@pytest.fixture(scope="module")
def sampler():
    return samplers.load("ldm", "digits")


@pytest.fixture(scope="module")
def pairs() -> list[tuple[np.ndarray, np.ndarray]]:
    """Six printed digits, 28x28, and their 7x7 images in 8 bits."""
    images, _ = font_digits(6, seed=3)
    highs = [image[..., None] / np.float32(255) for image in images]
    return [(high, to_uint8(downscale(high, 4)) / np.float32(255)) for high in highs]


def test_all_weights_are_in_the_manifest():
    files = {f"{path.parent.name}/{path.stem}": path for path in SHIPPED.glob("*/*.safetensors")}
    assert manifest().keys() == files.keys()
    assert sum(path.stat().st_size for path in files.values()) <= 80_000_000
    for name, path in files.items():
        assert manifest()[name] == {"sha256": sha256_of(path), "bytes": path.stat().st_size}
        assert path.stat().st_size <= 12_000_000
        assert path.with_suffix(".md").is_file()


def test_samples_are_closer_to_the_original_than_bicubic(sampler, pairs):
    gains = []
    for high, low in pairs:
        drawn = sampler.sample(low, [0], sampler.Settings(steps=10))[0]
        bicubic = np.clip(upscale(low, 4), 0, 1)
        gains.append(peak_signal_noise_ratio(high, drawn) - peak_signal_noise_ratio(high, bicubic))
    assert np.mean(gains) > 2


def test_projected_samples_are_consistent_with_their_image(sampler, pairs):
    """45 dB: the line of the NTIRE challenges on learning the super-resolution space."""
    settings = sampler.Settings(steps=10, projection=5)
    held = [lr_consistency(to_uint8(sampler.sample(low, [0], settings)[0]), low, 4) for _, low in pairs]
    assert np.mean(held) >= 45


def test_digits_of_scikit_learn_become_legible_and_varied(sampler):
    scanned = load_digits()
    for image, label in zip(scanned.images[:4], scanned.target[:4], strict=True):
        drawn = sampler.sample((image[..., None] / 16).astype(np.float32), range(20), sampler.Settings(steps=10))
        assert (read(drawn).argmax(axis=1) == label).mean() > 0.8
        assert drawn.std(axis=0).mean() > 0.5 / 255
        assert len({picture.tobytes() for picture in drawn}) == 20


def in_bfloat16() -> list[str]:
    """Shipped samplers whose config says that bfloat16 is good enough."""
    files = {f"{path.parent.name}/{path.stem}": json.loads(path.read_text()) for path in SHIPPED.glob("*/*.json")}
    return sorted(name for name, config in files.items() if config.get("precision") == "bfloat16")


@pytest.mark.skipif(not computes_bfloat16(torch.device("cpu")), reason="this processor has no bfloat16")
@pytest.mark.parametrize("name", in_bfloat16())
def test_bfloat16_changes_pictures_by_less_than_a_grey_value(name, pairs):
    """45 dB between both precisions, in the middle of six images."""
    sampler = samplers.load(*name.split("/"))
    decibels = []
    for high, low in pairs:
        image = low if sampler.scale == 4 else downscale(np.pad(high, ((2, 2), (2, 2), (0, 0))), 8)
        exact, rounded = (
            sampler.sample(image, [7], sampler.Settings(precision=bits))[0] for bits in ("float32", "bfloat16")
        )
        decibels.append(peak_signal_noise_ratio(exact, rounded))
    assert np.median(decibels) >= 45


def test_a_mosaic_of_digits_is_legible(sampler):
    scanned = load_digits()
    low = (scanned.images[3][..., None] / 16).astype(np.float32)
    drawn = sampler.sample(low, range(64), sampler.Settings(steps=10, mosaic=True))
    assert drawn.shape == (64, 32, 32, 1)
    assert (read(drawn).argmax(axis=1) == scanned.target[3]).mean() > 0.8


def test_a_seed_is_a_picture_bit_for_bit(sampler):
    low = (load_digits().images[5][..., None] / 16).astype(np.float32)
    settings = sampler.Settings(steps=5)
    many, few = sampler.sample(low, range(45), settings), sampler.sample(low, [44, 3], settings)
    assert many[44].tobytes() == few[0].tobytes()
    assert many[3].tobytes() == few[1].tobytes()
