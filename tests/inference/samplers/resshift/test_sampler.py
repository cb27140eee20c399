"""ResShift beyond the common contract: both spaces, sizes, windows of large images, steps, precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.samplers.resshift.sampler import ResShiftSampler
from inference.samplers.resshift.scheduler import ResShiftScheduler
from inference.samplers.resshift.settings import ResShiftSettings as Settings
from inference.samplers.seeds import generators, noise
from inference.samplers.settings import SettingsError
from tests.inference.samplers import tiny


def image(height: int, width: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(1).random((height, width, channels), np.float32)


def draw(sampler: ResShiftSampler, low_res: np.ndarray, seed: int = 0, **settings) -> np.ndarray:
    """One picture before it is checked for faults and clipped, which random networks would not stand."""
    with torch.inference_mode():
        context = sampler.prepare(low_res, Settings(**settings))
        return sampler.draw_passes(context, [seed], lambda: None)[0, 0]


def with_config(space: str = "latent", **changes) -> ResShiftSampler:
    sampler = tiny.resshift(space=space)
    return ResShiftSampler(sampler.networks, {**sampler.config, **changes})


@pytest.mark.parametrize("space", ["latent", "pixel"])
@pytest.mark.parametrize(("height", "width"), [(7, 7), (33, 47), (4, 5)])
def test_both_spaces_take_sizes_that_the_official_padding_refuses(space, height, width):
    assert draw(tiny.resshift(space=space), image(height, width), steps=1).shape == (4 * height, 4 * width, 1)


def test_other_sizes_are_mirrored_at_the_edges_and_cut_off():
    sampler, odd = tiny.resshift(), image(7, 5)
    padded = np.pad(odd, ((0, 1), (0, 3), (0, 0)), mode="symmetric")
    assert np.array_equal(draw(sampler, odd), draw(sampler, padded)[:28, :20])


def test_the_loop_is_the_chain_of_the_paper():
    """Written out for four steps in latents, float32, from equations 2 and 7."""
    sampler, low = tiny.resshift(), image(8, 8)
    networks, scheduler = sampler.networks, ResShiftScheduler(4, min_noise_level=0.2)
    eta = scheduler.roots**2
    source = generators([5])
    with torch.inference_mode():
        condition = torch.from_numpy(low).permute(2, 0, 1)[None] * 2 - 1
        enlarged = torch.nn.functional.interpolate(condition, scale_factor=4, mode="bicubic")
        shifted = networks.encode(enlarged)
        state = shifted + 2 * eta[3] ** 0.5 * noise(source, (3, 8, 8), sampler.device)
        for step in (3, 2, 1, 0):
            scaled = (state / (1 + 4 * eta[step]) ** 0.5).float()
            clean = networks.unet(torch.cat([scaled, condition], dim=1), torch.tensor([step]))
            if step:
                share, alpha = eta[step - 1] / eta[step], eta[step] - eta[step - 1]
                fresh = noise(source, (3, 8, 8), sampler.device)
                state = share * state + alpha / eta[step] * clean + 2 * (share * alpha) ** 0.5 * fresh
        expected = (networks.decode(clean)[0].permute(1, 2, 0).numpy() + 1) / 2
    assert np.allclose(draw(sampler, low, seed=5), expected, atol=1e-4)


def test_guesses_in_pixels_are_kept_in_their_range():
    sampler = tiny.resshift(space="pixel")
    torch.nn.init.constant_(sampler.networks.unet.outlet.bias, 50.0)
    assert draw(sampler, image(8, 8)).max() == 1


def test_the_low_resolution_image_is_encoded_once(monkeypatch):
    sampler, calls = tiny.resshift(), []
    encode = sampler.networks.encode
    monkeypatch.setattr(sampler.networks, "encode", lambda images: calls.append(len(images)) or encode(images))
    sampler.sample(image(8, 8), range(9), Settings(steps=2))
    assert calls == [1]


def test_steps_are_those_of_the_training_or_fewer():
    sampler, calls = tiny.resshift(), []
    predict = sampler.networks.predict
    sampler.networks.predict = lambda state, steps, condition: (
        calls.append(steps.tolist()) or predict(state, steps, condition)
    )
    draw(sampler, image(8, 8))
    draw(sampler, image(8, 8), steps=2)
    assert calls == [[3], [2], [1], [0], [3], [0]]
    with pytest.raises(SettingsError, match="trained with 4 steps"):
        sampler.draw(image(8, 8), [0], Settings(steps=5))


@pytest.mark.parametrize("space", ["latent", "pixel"])
def test_windows_change_nothing_where_one_suffices(space):
    low = image(16, 8)
    assert np.array_equal(draw(with_config(space, tile=16), low), draw(with_config(space, tile=64), low))


@pytest.mark.parametrize("space", ["latent", "pixel"])
def test_large_images_are_drawn_in_windows_that_agree(space, monkeypatch):
    """Two windows of 16 pixels over 24: no state is larger, and each picture is drawn from one noise as a whole."""
    sampler = with_config(space, tile=16, overlap=8)
    sizes, predict = [], sampler.networks.predict

    def watched(state, steps, condition):
        sizes.append(tuple(state.shape[2:]))
        return predict(state, steps, condition)

    monkeypatch.setattr(sampler.networks, "predict", watched)
    factor = 1 if space == "latent" else 4
    picture = draw(sampler, image(16, 24))
    assert picture.shape == (64, 96, 1)
    assert sizes == [(16 * factor, 16 * factor)] * 2 * 4


def test_what_windows_share_is_drawn_from_the_same_noise():
    """A network that returns its state, scaled back: then windows give what one large window gives."""
    low, sampler, tiled = image(16, 24), with_config(tile=64), with_config(tile=16, overlap=8)
    for one in (sampler, tiled):
        one.networks.predict = lambda state, steps, condition: 2 * state
        one.networks.decode = lambda states: states[:, :1].repeat_interleave(4, 2).repeat_interleave(4, 3)
        one.networks.shifted = lambda low: low.repeat(1, 3, 1, 1)
    assert np.allclose(draw(sampler, low), draw(tiled, low), atol=1e-5)


def test_large_images_are_drawn_in_smaller_micro_batches():
    sampler = with_config(tile=64)  # 4 of 16 x 16
    with torch.inference_mode():
        contexts = [sampler.prepare(image(side, side), Settings()) for side in (8, 16, 24, 64)]
    assert [sampler.batch_size(context) for context in contexts] == [4, 4, 1, 1]


@pytest.mark.skipif(torch.backends.cpu.get_cpu_capability() == "DEFAULT", reason="slow without vector instructions")
def test_bfloat16_is_near_float32():
    """PSNR above 35 dB between the two, and not the same."""
    sampler, low = tiny.resshift(space="pixel"), image(8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = draw(sampler, low)
    exact = draw(sampler, low)
    assert rounded.dtype == np.float32
    assert 0 < np.square(rounded - exact).mean() < 10**-3.5


def test_decoding_is_exact_under_bfloat16(monkeypatch):
    sampler, kinds = tiny.resshift(), []
    decode = sampler.networks.decode
    monkeypatch.setattr(
        sampler.networks,
        "decode",
        lambda states: kinds.append((states.dtype, torch.is_autocast_enabled("cpu"))) or decode(states),
    )
    with torch.autocast("cpu", torch.bfloat16):
        draw(sampler, image(8, 8))
    assert kinds == [(torch.float32, False)]
