"""LDDPM as a sampler: where its noise comes from, windows, and what sampling does without."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.samplers.lddpm import sampler as module
from inference.samplers.lddpm.network import LatentFeatureNetworks
from inference.samplers.lddpm.sampler import LatentFeatureSampler
from inference.samplers.seeds import generators
from tests.inference.samplers.tiny import lddpm, lddpm_config


def image(height: int = 8, width: int = 8, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, channels), np.float32)


def test_three_kinds_of_noise_each_from_the_sample_s_own_generator(monkeypatch):
    """x_T, then a code and the posterior's noise in each of the four steps; all of them reach the picture."""
    sampler, real, drawn = lddpm(), module.noise, []

    def noted(sources, shape, device):
        found = real(sources, shape, device)
        drawn.append((shape, found))
        return found

    monkeypatch.setattr(module, "noise", noted)
    sampler.sample(image(), [7, 3])
    picture, code = (1, 32, 32), (1, 8, 8)
    assert [shape for shape, _ in drawn] == [picture, *[code, picture] * 4]
    own = generators([3])[0]
    for shape, found in drawn:
        assert torch.equal(found[1], torch.randn(shape, generator=own))


@pytest.mark.parametrize(("place", "matters"), [(0, True), (1, True), (2, True), (7, True), (8, False)])
def test_every_noise_changes_the_picture_but_that_of_the_last_step(monkeypatch, place, matters):
    sampler, real = lddpm(), module.noise
    before = sampler.sample(image(), [7])
    calls = []

    def altered(sources, shape, device):
        calls.append(1)
        found = real(sources, shape, device)
        return -found if len(calls) == place + 1 else found

    monkeypatch.setattr(module, "noise", altered)
    assert np.array_equal(sampler.sample(image(), [7]), before) is not matters


def test_sampling_needs_no_encoder():
    whole = lddpm()
    config = lddpm_config(encoder=None)
    networks = LatentFeatureNetworks(config)
    kept = {name: value for name, value in whole.networks.state_dict().items() if not name.startswith("encoder.")}
    assert len(kept) < len(whole.networks.state_dict())
    networks.load_state_dict(kept, strict=True)
    assert np.array_equal(LatentFeatureSampler(networks, config).sample(image(), [1]), whole.sample(image(), [1]))


def test_the_image_is_encoded_once_whatever_is_drawn_of_it(monkeypatch):
    sampler, calls = lddpm(), []
    real = sampler.networks.condition
    monkeypatch.setattr(sampler.networks, "condition", lambda low: calls.append(low.shape) or real(low))
    sampler.sample(image(), range(9))
    assert calls == [(1, 1, 8, 8)]


@pytest.mark.parametrize(("height", "width"), [(33, 12), (12, 33)])
def test_large_images_are_drawn_in_windows(monkeypatch, height, width):
    sampler, seen = lddpm(), []
    real = sampler.networks.predict

    def predict(state, *args):
        seen.append(tuple(state.shape[2:]))
        return real(state, *args)

    monkeypatch.setattr(sampler.networks, "predict", predict)
    drawn = sampler.sample(image(height, width), [1])
    assert drawn.shape == (1, 4 * height, 4 * width, 1)
    assert max(max(size) for size in seen) == 16
    assert np.isfinite(drawn).all()


@torch.inference_mode()
def test_windows_show_the_network_the_image_s_own_places(monkeypatch):
    """A network that answers with the average image it is told gives that image as details, whatever the windows."""
    sampler = lddpm()
    monkeypatch.setattr(sampler.networks, "predict", lambda state, step, code, condition: condition.base)
    low = image(40, 20) * 0.5 + 0.25
    drawn = sampler.sample(low, [1])[0, ..., 0]
    whole = sampler.networks.condition(torch.from_numpy(low[..., 0])[None, None] * 2 - 1).base
    wanted = sampler.networks.to_pixels(whole * (1 + sampler.config["residual"]))[0, 0].clamp(-1, 1)
    assert np.allclose(drawn * 2 - 1, wanted, atol=1e-5)


def test_details_that_lead_out_of_range_are_cut_in_every_step(monkeypatch):
    sampler, states = lddpm(), []
    real = sampler.scheduler.step

    def step(clean, *args):
        states.append(clean)
        return real(clean, *args)

    monkeypatch.setattr(sampler.scheduler, "step", step)
    monkeypatch.setattr(sampler.networks, "predict", lambda state, *rest: torch.full_like(state, 50.0))
    assert np.allclose(sampler.sample(image(), [1]), 1, atol=1e-6)
    base = sampler.networks.condition(torch.from_numpy(image()[..., 0])[None, None] * 2 - 1).base
    assert all((sampler.networks.images(clean, base) <= 1 + 1e-5).all() for clean in states)


def test_more_pixels_fewer_samples_at_once():
    sampler = lddpm()
    sizes = {
        side: sampler.batch_size(sampler.prepare(image(side, side), sampler.Settings())) for side in (8, 16, 32, 64)
    }
    assert sizes == {8: 4, 16: 4, 32: 1, 64: 1}


def test_the_chain_is_as_long_as_the_weights_say():
    schedule = {"num_train_timesteps": 2, "beta_min": 0.1, "beta_max": 20.0}
    checks = []
    list(lddpm(schedule=schedule).draw(image(), [0], check=lambda: checks.append(1)))
    assert len(checks) == 1 + 2 + 1  # before the batch, in each step, before the pictures
