"""Fusion with a reference image: its details, in its region, through the CVAE's posterior."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from PIL import Image

from inference.core.degradation import downscale
from inference.core.images import to_uint8
from inference.samplers import load
from inference.samplers.lddpm.reference import ReferenceImageError, read_reference
from inference.training.fonts import font_digits
from inference.training.output import write_weights
from tests.inference.samplers.tiny import lddpm, lddpm_config

LOW = np.random.default_rng(0).random((16, 16, 1), np.float32)
REFERENCE = np.random.default_rng(1).random((64, 64, 1), np.float32)


def test_the_reference_decides_in_its_region_and_chance_elsewhere():
    """A posterior without variance leaves the prior's only outside of the box, in whole cells of 16 pixels."""
    sampler = lddpm()
    fixed = torch.full((1, 1, 16, 16), 2.0), torch.full((1, 1, 16, 16), -90.0)
    sampler.networks.posterior = lambda details: fixed
    mean, std, details, place = read_reference(
        sampler.networks, REFERENCE, (17, 0, 20, 30), sampler.cell, sampler.device
    )
    region = torch.zeros(16, 16, dtype=torch.bool)
    region[0:8, 4:8] = True  # pixels 16 to 31 across and 0 to 31 down, four pixels per cell of the grid
    assert torch.equal(mean[0, 0], 2.0 * region)
    assert torch.equal(std[0, 0] > 0.5, ~region)
    assert torch.equal(place[0, 0] > 0, region)
    assert details.shape == (1, 16, 16, 16)


def test_samples_of_shipped_weights_have_the_details_of_their_reference():
    """A digit fused with its own true image is nearer to it than a sample by chance, within its box."""
    sampler = load("lddpm", "digits")
    truth = np.pad(font_digits(1, seed=3)[0][0] / np.float32(255), 2)[..., None].astype(np.float32)
    low = to_uint8(downscale(truth, 4)) / np.float32(255)
    by_chance, whole = sampler.sample(low, range(6)), sampler.fuse_reference(low, truth, range(6))
    left = sampler.fuse_reference(low, truth, range(6), box=(0, 0, 16, 32))

    def error(pictures: np.ndarray, columns: slice) -> float:
        return float(np.sqrt(np.square(pictures - truth)[:, :, columns].mean()))

    everywhere, half, rest = slice(0, 32), slice(0, 16), slice(16, 32)
    assert error(whole, everywhere) < 0.7 * error(by_chance, everywhere)
    assert error(left, half) < 0.7 * error(by_chance, half)
    assert error(left, rest) > 0.8 * error(by_chance, rest)
    assert len({one.tobytes() for one in whole}) == 6


def test_another_reference_is_another_picture_and_the_same_one_the_same():
    sampler = lddpm()
    one, again = (sampler.fuse_reference(LOW, REFERENCE, [3, 4]) for _ in range(2))
    other = sampler.fuse_reference(LOW, 1 - REFERENCE, [3, 4])
    plain = sampler.sample(LOW, [3, 4])
    assert one.shape == plain.shape == (2, 64, 64, 1)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, plain)
    assert not np.array_equal(one[0], one[1])


@torch.inference_mode()
def test_the_encoder_reads_what_the_reduced_reference_lacks():
    sampler, seen = lddpm(), []
    real = sampler.networks.posterior
    sampler.networks.posterior = lambda details: seen.append(details) or real(details)
    sampler.fuse_reference(LOW, REFERENCE, [0])
    reduced = to_uint8(downscale(REFERENCE, 4)) / np.float32(255)
    base = sampler.networks.condition(torch.from_numpy(reduced[..., 0])[None, None] * 2 - 1).base
    pixels = sampler.networks.to_pixels(sampler.networks.images(seen[0], base))[0, 0].numpy()
    assert np.allclose((pixels + 1) / 2, REFERENCE[..., 0], atol=1e-5)


def test_references_may_be_as_large_as_samples():
    """260 x 260 enlarged by 4 has more pixels than a low-resolution image may have."""
    large = np.random.default_rng(2).random((260, 260, 1), np.float32)
    reference = np.random.default_rng(3).random((1040, 1040, 1), np.float32)
    assert lddpm().fuse_reference(large, reference, [0]).shape == (1, 1040, 1040, 1)


def test_grey_references_serve_colour_weights():
    assert lddpm(channels=3).fuse_reference(LOW, REFERENCE, [0]).shape == (1, 64, 64, 1)


@pytest.mark.parametrize(
    ("reference", "box", "sentence"),
    [
        (REFERENCE[:60], None, "samples' size, 64 x 64"),
        (np.repeat(REFERENCE, 3, axis=2), None, "1 channels"),
        (REFERENCE, (0, 0, 65, 10), "does not lie within 64 x 64"),
        (REFERENCE, (9, 0, 9, 10), "does not lie within"),
        (REFERENCE * 255, None, "finite floats from 0 to 1"),
        (np.full_like(REFERENCE, np.nan), None, "finite floats from 0 to 1"),
    ],
)
def test_a_reference_that_does_not_fit_is_refused(reference, box, sentence):
    with pytest.raises(ReferenceImageError, match=sentence):
        lddpm().fuse_reference(LOW, reference, [0], box=box)


@pytest.mark.parametrize("changes", [{"encoder": None}, {"use_cvae": False}])
def test_weights_without_an_encoder_say_so(changes):
    with pytest.raises(ReferenceImageError, match="no encoder"):
        lddpm(**changes).fuse_reference(LOW, REFERENCE, [0])


@pytest.fixture
def files(tmp_path):
    """Weights, a low-resolution image and a reference, as files."""
    path = write_weights(lddpm().networks, lddpm_config(), "card", tmp_path, "own")
    for name, picture in (("low", LOW), ("reference", REFERENCE)):
        Image.fromarray((picture[..., 0] * 255).astype(np.uint8)).save(tmp_path / f"{name}.png")
    return path, tmp_path / "low.png", tmp_path / "reference.png"


def test_the_command(tmp_path, files, capsys):
    weights, low, reference = files
    options = {"weights": str(weights), "output": tmp_path / "out", "count": 2, "box": [0, 0, 32, 32], "device": "cpu"}
    call_command("fuse_reference", low, reference, **options)
    assert "Wrote 2 samples" in capsys.readouterr().out
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["box"] == [0, 0, 32, 32]
    assert [one["seed"] for one in manifest["samples"]] == [0, 1]
    with pytest.raises(CommandError, match="holds samples already"):
        call_command("fuse_reference", low, reference, **options)


@pytest.mark.parametrize(("count", "missing", "sentence"), [(0, False, "at least 1"), (1, True, "There is no file")])
def test_the_command_says_what_is_wrong(tmp_path, files, count, missing, sentence):
    weights, low, reference = files
    chosen = tmp_path / "nowhere.png" if missing else reference
    with pytest.raises(CommandError, match=sentence):
        call_command("fuse_reference", low, chosen, weights=str(weights), output=tmp_path / "out", count=count)
