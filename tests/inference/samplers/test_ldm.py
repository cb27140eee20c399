"""Latent diffusion beyond the common contract: solver, mosaic, padding, and the official schedule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, UNet2DModel, VQModel

from inference.samplers import ldm
from inference.samplers.base import LowResError
from inference.samplers.ldm.mosaic import cut, fill
from inference.samplers.ldm.settings import SDE
from inference.samplers.ldm.settings import LatentDiffusionSettings as Settings
from tests.inference.samplers import tiny

OFFICIAL = json.loads((Path(ldm.__file__).parent / "official.json").read_text())


@pytest.fixture(scope="module")
def sampler():
    return tiny.ldm()


def image(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).random((height, width, 1), np.float32)


def test_the_stochastic_solver_draws_other_pictures_from_the_same_noise(sampler):
    ddim = sampler.sample(image(8, 8), [0, 1], Settings(steps=4))
    sde = sampler.sample(image(8, 8), [0, 1], Settings(steps=4, solver=SDE))
    assert not np.array_equal(ddim, sde)
    assert not np.array_equal(sde[0], sde[1])
    assert np.array_equal(sde, sampler.sample(image(8, 8), [0, 1], Settings(steps=4, solver=SDE)))


def test_eta_adds_noise_to_the_same_start(sampler):
    without = sampler.sample(image(8, 8), [0], Settings(steps=4, eta=0.0))
    assert not np.array_equal(without, sampler.sample(image(8, 8), [0], Settings(steps=4)))


def test_an_odd_image_is_mirrored_to_an_even_one_and_the_rest_cut_off(sampler):
    odd = image(7, 5)
    padded = np.pad(odd, ((0, 1), (0, 1), (0, 0)), mode="symmetric")
    whole = sampler.sample(padded, [3], Settings(steps=2))[0]
    assert np.array_equal(sampler.sample(odd, [3], Settings(steps=2))[0], whole[:28, :20])


def test_mosaic_cuts_every_full_tile_in_reading_order():
    tile = image(7, 7)
    wall = fill(tile, 64)
    assert wall.shape == (64, 64, 1)
    assert np.array_equal(wall[63, :7], tile[0])  # 9 x 7 = 63: the last row begins the tenth copy
    numbered = np.kron(np.arange(100).reshape(10, 10), np.ones((7, 7)))[:64, :64, None].astype(np.float32)
    tiles = cut(numbered, 9, 9, 7, 7)
    assert tiles.shape == (81, 7, 7, 1)
    assert [int(one[3, 3, 0]) for one in tiles[:11]] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]


def test_one_pass_gives_all_tiles_and_a_seed_is_a_picture_there_too(sampler, monkeypatch):
    passes = []
    draw = sampler.draw_passes
    monkeypatch.setattr(
        sampler, "draw_passes", lambda context, seeds, check: passes.append(list(seeds)) or draw(context, seeds, check)
    )
    settings = Settings(steps=2, mosaic=True)  # 32 // 7 = 4 copies each way: 16 tiles in the tiny window
    drawn = sampler.sample(image(7, 7), range(20), settings)
    assert passes == [[0], [1]]
    assert len({picture.tobytes() for picture in drawn}) == 20
    assert np.array_equal(sampler.sample(image(7, 7), [17, 2], settings), drawn[[17, 2]])


def test_the_official_window_gives_81_tiles_of_a_digit():
    """Trustworthy SR, section 3: 7x7 repeated 9 times each way; 4 runs x 81 = its 324 samples."""
    networks, config = tiny.ldm_networks(), {**tiny.ldm_config(), "window": OFFICIAL["window"]}
    sampler = type(tiny.ldm())(networks, config)
    drawn = sampler.sample(image(7, 7), range(81), Settings(steps=1, mosaic=True))
    assert len({picture.tobytes() for picture in drawn}) == 81


def test_mosaic_refuses_an_image_that_does_not_fit_twice(sampler):
    with pytest.raises(LowResError, match="does not fit twice"):
        sampler.draw(image(17, 8), [0], Settings(mosaic=True))


def test_large_images_are_drawn_in_smaller_micro_batches(sampler):
    small = sampler.prepare(image(8, 8), Settings())
    large = sampler.prepare(image(64, 64), Settings())
    assert (sampler.batch_size(small), sampler.batch_size(large)) == (4, 1)


def test_official_networks_have_the_published_sizes():
    """113.622563 M and 55.322782 M parameters: bsr_sr of CompVis/latent-diffusion."""
    with torch.device("meta"):
        unet, autoencoder = UNet2DModel(**OFFICIAL["unet"]), VQModel(**OFFICIAL["autoencoder"])
    assert sum(value.numel() for value in unet.parameters()) == 113_622_563
    assert sum(value.numel() for value in autoencoder.parameters()) == 55_322_782


def test_official_schedule_is_the_one_of_the_original_code():
    """CompVis: betas linspace(sqrt 0.0015, sqrt 0.0155, 1000)^2, steps 1, 11, ..., 991 for 100, eta 1."""
    scheduler = DDIMScheduler(**OFFICIAL["schedule"])
    scheduler.set_timesteps(100)
    assert scheduler.timesteps.tolist() == list(range(991, 0, -10))
    products = np.cumprod(1 - np.linspace(0.0015**0.5, 0.0155**0.5, 1000) ** 2)
    assert np.allclose(scheduler.alphas_cumprod, products, atol=1e-6)
    assert scheduler.final_alpha_cumprod == scheduler.alphas_cumprod[0]


def test_one_official_step_is_the_equation_of_the_paper():
    """DDIM (Song et al. 2021), equations 12 and 16, eta = 1, from t = 501 to 491."""
    scheduler = DDIMScheduler(**OFFICIAL["schedule"])
    scheduler.set_timesteps(100)
    state, guess, fresh = torch.randn(3, 1, 3, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    a, b = (float(scheduler.alphas_cumprod[t]) for t in (501, 491))
    sigma = ((1 - b) / (1 - a)) ** 0.5 * (1 - a / b) ** 0.5
    clean = (state - (1 - a) ** 0.5 * guess) / a**0.5
    expected = b**0.5 * clean + (1 - b - sigma**2) ** 0.5 * guess + sigma * fresh
    taken = scheduler.step(guess, 501, state, eta=1.0, variance_noise=fresh).prev_sample
    assert torch.allclose(taken, expected, atol=1e-5)
