"""LPIPS where it is installed, told apart from the stand-in where it is not; nothing is ever downloaded."""

from __future__ import annotations

import sys
from hashlib import sha256
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from inference import perceptual
from inference.evaluation.distances import choose

SMALL = np.random.default_rng(0).integers(0, 256, (32, 40, 1), dtype=np.uint8)


class FakeLPIPS(torch.nn.Module):
    """Takes what lpips 0.1.4 takes; its map is the mean absolute difference over channels."""

    asked: dict = {}

    def __init__(self, **options):
        super().__init__()
        FakeLPIPS.asked = options

    def forward(self, first, second):
        assert first.shape == second.shape == (1, 3, 32, 40)
        assert -1 <= first.min() < first.max() <= 1
        return (first - second).abs().mean(dim=1, keepdim=True)


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """The package, and torch's folder of checkpoints with AlexNet's file in it."""
    module = SimpleNamespace(LPIPS=FakeLPIPS)
    monkeypatch.setitem(sys.modules, "lpips", module)
    monkeypatch.setattr(perceptual, "find_spec", lambda name: object())
    monkeypatch.setattr(perceptual, "version", lambda name: "0.1.4")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(perceptual, "BEGINNING", sha256(b"weights").hexdigest()[:8])
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / perceptual.ALEXNET).write_bytes(b"weights")
    return module


def test_spatial_lpips_with_alexnet_is_used_where_it_is_installed(installed):
    distance = choose(32)
    assert distance.name == "LPIPS 0.1 (AlexNet, spatial; lpips 0.1.4)"
    assert distance.reason == ""
    assert (FakeLPIPS.asked["net"], FakeLPIPS.asked["version"], FakeLPIPS.asked["spatial"]) == ("alex", "0.1", True)


def test_its_maps_are_of_images_from_minus_one_to_one(installed):
    other = 255 - SMALL
    found = choose(32).against(SMALL)(np.stack([SMALL, other]))
    assert found.shape == (2, 32, 40)
    assert found[0].max() == 0
    expected = np.abs(SMALL.astype(float) - other)[..., 0] / 127.5
    assert np.allclose(found[1], expected, atol=1e-5)


def test_without_the_extra_the_stand_in_says_so(monkeypatch):
    monkeypatch.setattr(perceptual, "find_spec", lambda name: None)
    distance = choose(128)
    assert distance.name.startswith("gradient-structure stand-in")
    assert "`metrics` is not installed" in distance.reason


def test_without_the_weights_nothing_is_downloaded(installed, tmp_path):
    (tmp_path / "checkpoints" / perceptual.ALEXNET).unlink()
    assert "AlexNet's weights are not at" in choose(128).reason


def test_another_file_in_the_place_of_the_weights_is_not_unpickled(installed, tmp_path):
    (tmp_path / "checkpoints" / perceptual.ALEXNET).write_bytes(b"something else")
    assert "is not torchvision's file" in choose(128).reason


def test_a_package_that_cannot_be_loaded_does_not_fail(installed, monkeypatch):
    def broken(**options):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(installed, "LPIPS", broken)
    assert "torchvision::nms" in choose(128).reason


def test_images_below_32_pixels_are_measured_by_the_stand_in(installed):
    assert "32 pixels" in choose(28).reason
