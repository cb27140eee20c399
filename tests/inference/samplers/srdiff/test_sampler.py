"""SRDiff beyond the common contract: what it computes, once per image; sizes, windows, scales, steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.core.degradation import upscale
from inference.samplers.seeds import generators, noise
from inference.samplers.srdiff.network import enlarged
from inference.samplers.srdiff.sampler import SRDiffSampler
from inference.samplers.srdiff.settings import SDE
from inference.samplers.srdiff.settings import SRDiffSettings as Settings
from tests.inference.samplers import tiny


def image(height: int, width: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(1).random((height, width, channels), np.float32)


def draw(sampler: SRDiffSampler, low_res: np.ndarray, seed: int = 0, **settings) -> np.ndarray:
    """One picture before it is checked for faults and clipped, which random networks would not stand."""
    with torch.inference_mode():
        context = sampler.prepare(low_res, Settings(**settings))
        return sampler.draw_passes(context, [seed], lambda: None)[0, 0]


def silent(**changes) -> SRDiffSampler:
    """A U-Net that predicts zero: with prediction_type sample, no residual at all."""
    sampler = tiny.srdiff(schedule={**tiny.srdiff_config()["schedule"], "prediction_type": "sample"}, **changes)
    torch.nn.init.zeros_(sampler.networks.unet.last[2].weight)
    torch.nn.init.zeros_(sampler.networks.unet.last[2].bias)
    return sampler


@pytest.mark.parametrize("scale", [4, 8])
def test_without_a_residual_the_picture_is_the_bicubic_enlargement(scale):
    """In the interior that of MATLAB's imresize; at the border, official weights saw the image mirrored."""
    low = image(8, 6)
    drawn = draw(silent(scale=scale), low, steps=2)
    inner = (slice(2 * scale, -2 * scale),) * 2
    assert np.abs(drawn - upscale(low, scale))[inner].max() < 1e-6
    mirrored = upscale(np.pad(low, ((4, 4), (4, 4), (0, 0)), mode="symmetric"), scale)
    assert np.abs(drawn - mirrored[4 * scale : -4 * scale, 4 * scale : -4 * scale]).max() < 1e-6


def test_without_a_residual_a_refined_guess_is_the_encoders():
    sampler = silent(residual={"rescale": 2.0, "clip": 1.0, "divisor": 255, "to": "guess"})
    low = image(8, 6)
    tensor = torch.from_numpy(low).permute(2, 0, 1)[None]
    with torch.inference_mode():
        guessed = sampler.networks.encoder.guess(sampler.networks.features(tensor)[-1]) / 2
        expected = (enlarged(tensor, 4) * 2 - 1 + guessed + 1) / 2
    assert float(guessed.abs().max()) > 0.01
    assert np.abs(draw(sampler, low, steps=2) - expected[0].permute(1, 2, 0).numpy()).max() < 1e-6


def test_images_of_one_pixel_can_be_enlarged():
    assert enlarged(torch.full((1, 1, 1, 2), 0.3), 4).allclose(torch.full((1, 1, 4, 8), 0.3))


def test_the_loop_is_that_of_the_paper():
    """Algorithm 2, written out for three steps of DDIM with eta 0."""
    sampler, low = tiny.srdiff(), image(6, 8)
    networks = sampler.networks
    kept = torch.cumprod(1 - sampler_betas(), 0)
    tensor = torch.from_numpy(low).permute(2, 0, 1)[None]
    with torch.inference_mode():
        base = networks.base(tensor)
        condition = networks.condition(networks.features(tensor))
        state = noise(generators([3]), (1, 24, 32), sampler.device)
        for now, then in ((99, 66), (66, 32), (32, None)):
            picture, other = kept[now].sqrt(), (1 - kept[now]).sqrt()
            guess = networks.unet(state, torch.tensor([now]), condition)
            clean = (picture * state - other * guess).clamp(-1, 1)
            left = (state - picture * clean) / other
            state = clean if then is None else kept[then].sqrt() * clean + (1 - kept[then]).sqrt() * left
        expected = ((state / 2 + base) + 1) / 2
    drawn = draw(sampler, low, seed=3, steps=3, eta=0.0)
    assert np.abs(drawn - expected[0].permute(1, 2, 0).float().numpy()).max() < 1e-5


def sampler_betas() -> torch.Tensor:
    from tests.inference.samplers.srdiff.reference import published_betas

    return published_betas()


@pytest.mark.parametrize(("height", "width"), [(4, 4), (5, 9), (33, 47)])
@pytest.mark.parametrize("solver", ["ddim", SDE])
def test_sizes_that_the_official_program_crops_are_drawn(height, width, solver):
    drawn = draw(tiny.srdiff(), image(height, width), steps=2, solver=solver)
    assert drawn.shape == (4 * height, 4 * width, 1)
    assert np.isfinite(drawn).all()


def test_odd_sizes_are_mirrored_at_the_edges_and_cut_off():
    sampler, odd = tiny.srdiff(), image(7, 5)
    padded = np.pad(odd, ((0, 1), (0, 1), (0, 0)), mode="symmetric")
    assert np.array_equal(draw(sampler, odd), draw(sampler, padded)[:28, :20])


def test_eight_times_as_large_is_a_matter_of_the_config():
    assert draw(tiny.srdiff(scale=8, size=4), image(4, 5), steps=2).shape == (32, 40, 1)


def test_large_images_are_drawn_from_windows_that_agree():
    """Where the network knows its position only from the pixels around it, windows change next to nothing."""
    low = np.tile(image(4, 4), (10, 10, 1))
    whole = draw(tiny.srdiff(tile=64), low, steps=3)
    windows = draw(tiny.srdiff(tile=16, overlap=8), low, steps=3)
    assert not np.array_equal(whole, windows)
    assert np.abs(whole - windows).max() < 0.05


def test_the_image_is_encoded_once_whatever_is_drawn(monkeypatch):
    sampler, calls = tiny.srdiff(), []
    monkeypatch.setattr(
        sampler.networks,
        "features",
        lambda low: calls.append(low) or type(sampler.networks).features(sampler.networks, low),
    )
    sampler.sample(image(8, 8), range(6), Settings(steps=3))
    assert len(calls) == 1


def test_larger_images_are_drawn_in_smaller_batches():
    sampler = tiny.srdiff()
    sizes = [sampler.batch_size(sampler.prepare(image(side, side), Settings())) for side in (8, 16, 64)]
    assert sizes == [4, 1, 1]


def test_eta_0_and_1_begin_alike_and_part():
    sampler, low = tiny.srdiff(), image(8, 8)
    assert np.array_equal(draw(sampler, low, steps=1, eta=0.0), draw(sampler, low, steps=1, eta=1.0))
    assert not np.array_equal(draw(sampler, low, steps=2, eta=0.0), draw(sampler, low, steps=2, eta=1.0))
