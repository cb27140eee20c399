"""Latent diffusion beyond the common contract: solver, mosaic, padding, and the official schedule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler
from safetensors.torch import save_file
from torch.nn import functional

from inference.core.weights import WeightsError, WeightsFile
from inference.samplers import ldm
from inference.samplers.blocks.solvers import SDE
from inference.samplers.device import computes_bfloat16
from inference.samplers.ldm.mosaic import cut, fill
from inference.samplers.ldm.sampler import LatentDiffusionSampler
from inference.samplers.ldm.settings import LatentDiffusionSettings as Settings
from inference.samplers.limits import LowResError
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


def enlarging(scale: int, **changes) -> LatentDiffusionSampler:
    return LatentDiffusionSampler(tiny.ldm_networks(), {**tiny.ldm_config(), "scale": scale, **changes})


def test_images_can_be_enlarged_by_more_than_the_first_stage():
    """Each low-resolution pixel then stands beside 2 x 2 latents: 4 x 4 become 8 x 8 latents and 32 x 32 pixels."""
    low, sampler = image(4, 4), enlarging(8)
    assert sampler.sample(low, [0], Settings(steps=2)).shape == (1, 32, 32, 1)
    wide = np.repeat(np.repeat(low, 2, axis=0), 2, axis=1)
    by_four = enlarging(4).sample(wide, [0], Settings(steps=2))
    assert np.array_equal(sampler.sample(low, [0], Settings(steps=2)), by_four)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"scale": 2}, "enlarged by 2"), ({"channels": 3}, "has to take 6 channels")],
    ids=["scale", "channels"],
)
def test_a_config_of_another_scale_or_image_is_refused(tmp_path, changes, sentence):
    path = tmp_path / "x.safetensors"
    save_file(tiny.ldm_networks().state_dict(), path)
    file = WeightsFile("ldm", "x", path, {**tiny.ldm_config(), **changes}, "")
    with pytest.raises(WeightsError, match=sentence):
        LatentDiffusionSampler.load(file, "cpu")


def windows_seen(sampler: LatentDiffusionSampler, method: str, monkeypatch) -> list[tuple[int, ...]]:
    """Sizes (batch, height, width) of the latents that a network is given from now on."""
    seen, real = [], getattr(sampler.networks, method)

    def watched(latents, *others):
        seen.append((len(latents), *latents.shape[2:]))
        return real(latents, *others)

    monkeypatch.setattr(sampler.networks, method, watched)
    return seen


def test_large_images_are_denoised_and_decoded_in_windows(monkeypatch):
    sampler = enlarging(4, tile=16, overlap=4)
    denoised, decoded = (windows_seen(sampler, method, monkeypatch) for method in ("predict", "decode"))
    sampler.sample(image(40, 12), [0], Settings(steps=1))
    assert denoised == decoded == [(2, 16, 12)] * 3


def test_windows_for_x8_are_as_large_in_latents(monkeypatch):
    sampler = enlarging(8, tile=8, overlap=2)
    denoised = windows_seen(sampler, "predict", monkeypatch)
    sampler.sample(image(20, 8), [0], Settings(steps=1))
    assert denoised == [(1, 16, 16)] * 3


def test_few_large_latents_are_decoded_at_once(monkeypatch):
    """The official decoder needs 0.2 GB for 64 x 64 latents, and their distances to 8,192 codes 134 MB."""
    sampler = enlarging(4, tile=128, overlap=32, micro_batch=100)
    decoded = windows_seen(sampler, "decode", monkeypatch)
    sampler.sample(image(48, 48), [0], Settings(steps=1))
    sampler.sample(image(96, 64), [0], Settings(steps=1))
    assert max(count * height * width for count, height, width in decoded) <= 64 * 64
    assert len(decoded) > 2


def test_windows_leave_no_trace_where_a_network_looks_at_one_place_only(monkeypatch):
    """Every step blends what all windows say, so a network without a neighbourhood draws the same with and without."""
    sampler, low = enlarging(4, tile=64), image(40, 40)
    monkeypatch.setattr(sampler.networks, "predict", lambda state, step, condition: state * 0.5 - condition)
    monkeypatch.setattr(
        sampler.networks, "decode", lambda state: state[:, :1].repeat_interleave(4, 2).repeat_interleave(4, 3) / 9
    )
    whole = sampler.sample(low, [0], Settings(steps=3))
    sampler.tile, sampler.overlap = 16, 4
    assert np.abs(sampler.sample(low, [0], Settings(steps=3)) - whole).max() < 1e-5
    assert whole.std() > 0.02


def test_windows_leave_no_seams(monkeypatch):
    """A network that pads with zeros is wrong at the edges of what it is given; of inner edges nothing may remain.

    Without an overlap, the steps at inner edges are as high as those at the edges of the image.
    """
    sampler = enlarging(4, tile=64)

    def blurred(state: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        return functional.avg_pool2d(torch.ones_like(state), 5, stride=1, padding=2)

    monkeypatch.setattr(sampler.networks, "predict", blurred)
    monkeypatch.setattr(
        sampler.networks, "decode", lambda state: state[:, :1].repeat_interleave(4, 2).repeat_interleave(4, 3) / 4
    )

    def drawn(tile: int, overlap: int) -> np.ndarray:
        sampler.tile, sampler.overlap = tile, overlap
        return sampler.sample(image(40, 40), [0], Settings(steps=1, eta=0.0))[0]

    def highest_step(picture: np.ndarray) -> float:
        return np.abs(np.diff(picture, axis=1)).max()

    smooth, hard = (highest_step(drawn(16, overlap) - drawn(64, 0)) for overlap in (8, 0))
    assert smooth < hard / 3
    assert hard > 0.01


@pytest.mark.skipif(not computes_bfloat16(torch.device("cpu")), reason="the processor has no bfloat16")
def test_low_precision_is_for_the_unet_and_never_for_the_decoder(monkeypatch):
    sampler, kept = enlarging(4, precision="bfloat16"), {}

    def watch(method: str) -> None:
        real = getattr(sampler.networks, method)

        def watched(*tensors):
            kept[method] = torch.is_autocast_enabled("cpu")
            return real(*tensors)

        monkeypatch.setattr(sampler.networks, method, watched)

    watch("predict")
    watch("decode")
    low = sampler.sample(image(8, 8), [0], Settings(steps=2))
    assert kept == {"predict": True, "decode": False}
    high = sampler.sample(image(8, 8), [0], Settings(steps=2, precision="float32"))
    assert not np.array_equal(low, high)
