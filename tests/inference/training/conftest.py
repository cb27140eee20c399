"""What training tests share: digits from fonts and a recipe of lddpm that takes a moment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.training import lddpm
from inference.training.denoising_gan import Terms
from inference.training.fonts import font_digits
from tests.inference.samplers.tiny import lddpm_config

FEW = {"steps": 5, "batch": 4, "critic": (8, 8), "critic_patch": 2, "terms": Terms(adversarial=0.3, penalty_every=2)}
EARLY = {"estimate_steps": 3, "estimate_batch": 4}
SIZES = ("patch", "low_res", "unet", "code", "encoder", "glow")


@pytest.fixture
def tiny_lddpm(tmp_path, monkeypatch) -> None:
    """Tiny networks, three steps of the first stage and five of the second, and no collapse."""
    for name in ("digits", "photos"):
        (tmp_path / f"{name}.json").write_text(json.dumps({key: lddpm_config()[key] for key in SIZES}))
        monkeypatch.setitem(lddpm.RECIPES, name, replace(lddpm.RECIPES[name], minutes=9.0, **FEW, **EARLY))
    monkeypatch.setattr(lddpm, "SIZES", tmp_path)
    monkeypatch.setattr(lddpm, "COLLAPSED", 0.0)


def write_digits(path: Path, seed: int = 0) -> Path:
    images, labels = font_digits(40, seed)
    np.savez(path, images=images, labels=labels)
    return path


@pytest.fixture
def digits(tmp_path) -> Path:
    return write_digits(tmp_path / "digits.npz")
