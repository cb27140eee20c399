"""Trainings on digits end on digits as they are; photographs have no other ending."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inference.training.fonts import font_digits
from inference.training.loops import Stage
from inference.training.phases import ENDING, phases, run_phases
from inference.training.pictures import STILL_VARIED, DigitSource, source


@pytest.fixture
def digits(tmp_path: Path) -> DigitSource:
    images, labels = font_digits(40)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    pictures = source("digits", tmp_path / "digits.npz", "cpu")
    assert isinstance(pictures, DigitSource)
    return pictures


def dice(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_ending_is_shorter_and_slower_and_shows_other_pictures(digits: DigitSource):
    (first, shown), (last, ending) = phases(Stage("unet", 100, 1e-3, seconds=50.0), digits)
    assert (first.steps, last.steps) == (round(100 * (1 - ENDING)), round(100 * ENDING))
    assert first.seconds + last.seconds == pytest.approx(50)
    assert last.learning_rate < first.learning_rate
    assert first.name != last.name
    assert (shown.varied, ending.varied) == (1.0, STILL_VARIED)


def test_most_batches_of_the_ending_are_digits_as_they_are(digits: DigitSource):
    """At whole pixels of the low-resolution image, so that a 7x7 image of a digit is one of them."""
    ending = digits.ending()
    assert ending is not None
    inside = {
        torch.nn.functional.pad(image, [left, 4 - left, top, 4 - top]).numpy().tobytes()
        for image in digits.digits.images
        for left in (0, 4)
        for top in (0, 4)
    }

    def plain(seed: int) -> bool:
        high = ending.batch(4, dice(seed)).high
        return all((one * 255).round().byte().numpy().tobytes() in inside for one in high)

    assert 0.6 < np.mean([plain(seed) for seed in range(60)]) < 0.9
    assert ending.ending() is None


def test_the_network_goes_on_from_its_average(digits: DigitSource, tmp_path: Path):
    network = nn.Linear(1, 1, bias=False)
    asked = []

    def loss_of(shown: DigitSource, step: int, generator: torch.Generator) -> torch.Tensor:
        asked.append(shown.varied)
        return network.weight.square().sum()

    average, reports = run_phases(Stage("unet", 10, 1e-2), network, digits, 4, loss_of, tmp_path, resume=False)
    assert asked == [1.0] * 7 + [STILL_VARIED] * 3
    assert [(report.name, report.steps) for report in reports] == [("unet", 7), ("unet-ending", 3)]
    assert torch.equal(average.weight, network.weight)
