"""The chain of ResShift against the paper's equations and the values of the official configurations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from inference.samplers.resshift.scheduler import ResShiftScheduler, shifting_roots
from inference.samplers.settings import SettingsError


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def scheduler() -> ResShiftScheduler:
    return ResShiftScheduler()


def test_roots_of_the_official_schedule_with_15_steps(scheduler):
    """sqrt(eta) as the official program computes them for realsr_swinunet_realesrgan256: T 15, m 0.04."""
    published = [
        *(0.02, 0.11717, 0.1763, 0.23363, 0.29157, 0.35101, 0.41236, 0.47586),
        *(0.54167, 0.60991, 0.68066, 0.75399, 0.82995, 0.90861, 0.99),
    ]
    assert np.allclose(scheduler.roots, published, atol=5e-6)


def test_roots_of_the_official_schedule_with_4_steps():
    """bicx4_swinunet_lpips: T 4, m 0.2."""
    roots = ResShiftScheduler(num_train_timesteps=4, min_noise_level=0.2).roots
    assert np.allclose(roots, [0.1, 0.5201, 0.76138, 0.99], atol=5e-6)


def test_the_smallest_noise_is_not_raised_where_kappa_is_below_one():
    """m / kappa or m, whichever is less."""
    assert shifting_roots(15, 0.5, 0.3, 0.04, 0.99)[0] == pytest.approx(0.04)


def test_a_greater_power_shifts_later():
    """Figure 3(h) of the paper."""
    assert shifting_roots(15, 2, 1.0, 0.04, 0.99)[7] < shifting_roots(15, 2, 0.3, 0.04, 0.99)[7]


def test_states_are_those_of_equation_2(scheduler):
    clean, shifted, noise = images(2, 3, 4, 4), images(2, 3, 4, 4, seed=1), images(2, 3, 4, 4, seed=2)
    states = scheduler.add_noise(clean, shifted, noise, torch.tensor([0, 14]))
    for index, root in enumerate((0.02, 0.99)):
        expected = clean[index] + root**2 * (shifted[index] - clean[index]) + 2 * root * noise[index]
        assert torch.allclose(states[index], expected, atol=1e-6)


def test_the_chain_starts_at_the_shifted_image_and_noise(scheduler):
    shifted, noise = images(2, 3, 4, 4), images(2, 3, 4, 4, seed=1)
    assert torch.allclose(scheduler.prior(shifted, noise), shifted + 2 * 0.99 * noise)


@pytest.mark.parametrize("count", [15, 4])
def test_steps_lead_from_each_state_to_the_one_before(scheduler, count):
    """With the true clean image, equation 7 gives states with the mean and variance of equation 2."""
    scheduler.set_timesteps(count)
    clean, shifted = images(1, 1, 2, 2).double(), images(1, 1, 2, 2, seed=1).double()
    zero, one = torch.zeros_like(clean), torch.ones_like(clean)
    steps = scheduler.timesteps.tolist()
    for now, before in pairwise(steps):
        eta, previous = scheduler.roots[now] ** 2, scheduler.roots[before] ** 2
        mean = scheduler.step(clean, now, clean + eta * (shifted - clean), zero).prev_sample
        assert torch.allclose(mean, clean + previous * (shifted - clean))
        kept = scheduler.step(zero, now, one, zero).prev_sample
        added = scheduler.step(zero, now, zero, one).prev_sample
        assert torch.allclose(kept**2 * 4 * eta + added**2, 4 * previous * one)


def test_the_last_step_returns_the_guess_without_noise(scheduler):
    guess, state = images(1, 3, 4, 4), images(1, 3, 4, 4, seed=1)
    assert torch.equal(scheduler.step(guess, 0, state, 100 * torch.ones_like(state)).prev_sample, guess)


def test_inputs_are_scaled_as_latents_or_as_pixels():
    """x / sqrt(1 + kappa^2 eta) for latents, x / (1 + 3 kappa sqrt(eta)) for images; a row per time step."""
    state = torch.ones(2, 1, 1, 1)
    both, anywhere = torch.tensor([0, 3]), images(2, 1, 1, 1)
    latents = ResShiftScheduler(4, min_noise_level=0.2).scale_model_input(state, both, anywhere).flatten()
    pixels = ResShiftScheduler(4, min_noise_level=0.2, latent=False).scale_model_input(state, 3, anywhere).flatten()
    assert latents.tolist() == pytest.approx([1 / 1.04**0.5, 1 / (1 + 4 * 0.9801) ** 0.5])
    assert pixels.tolist() == pytest.approx([1 / (1 + 6 * 0.99)] * 2)


@pytest.mark.parametrize("step", [0, 2, 3])
def test_a_residual_is_what_the_best_linear_guess_leaves_open(step):
    """On 200,000 Gaussian residuals: input and target have unit variance, and nothing linear in the input is left."""
    scheduler = ResShiftScheduler(4, min_noise_level=0.2, prediction_type="residual", residual=0.5)
    shifted = images(200_000, 1, 1, 1) * 3
    clean = shifted + 0.5 * images(200_000, 1, 1, 1, seed=1)
    state = scheduler.add_noise(clean, shifted, images(200_000, 1, 1, 1, seed=2), torch.tensor([step]))
    shown = scheduler.scale_model_input(state, torch.tensor([step]), shifted)
    target = scheduler.target(clean, torch.tensor([step]), state, shifted)
    assert shown.std().item() == pytest.approx(1, abs=0.01)
    assert target.std().item() == pytest.approx(1, abs=0.01)
    assert abs((shown * target).mean().item()) < 0.01
    assert torch.allclose(scheduler.clean(target, step, state, shifted), clean, atol=1e-4)


def test_a_network_that_says_nothing_leaves_the_shifted_image_where_noise_hides_all():
    """At eta = 0.98 and a small residual: 99 % of the linear guess is y."""
    scheduler = ResShiftScheduler(4, prediction_type="residual", residual=0.1)
    shifted, state = images(1, 3, 4, 4), images(1, 3, 4, 4, seed=1)
    assert torch.allclose(scheduler.clean(torch.zeros_like(state), 3, state, shifted), shifted, atol=1e-3)


def test_fewer_steps_keep_both_ends_and_their_trained_numbers(scheduler):
    scheduler.set_timesteps(4)
    assert scheduler.timesteps.tolist() == [14, 9, 5, 0]
    scheduler.set_timesteps(1)
    assert scheduler.timesteps.tolist() == [14]
    guess = images(1, 3, 4, 4)
    assert torch.equal(scheduler.step(guess, 14, guess + 1).prev_sample, guess)


def test_more_steps_than_trained_are_refused(scheduler):
    with pytest.raises(SettingsError, match="trained with 15 steps"):
        scheduler.set_timesteps(16)


def test_its_config_rebuilds_it():
    scheduler = ResShiftScheduler(num_train_timesteps=4, kappa=1.5, power=0.5, min_noise_level=0.2)
    again = ResShiftScheduler.from_config(scheduler.config)
    assert np.array_equal(again.roots, scheduler.roots)
