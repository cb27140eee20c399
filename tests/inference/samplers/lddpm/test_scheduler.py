"""The denoising-GAN chain against published constants and the closed forms of its normal distributions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler

from inference.samplers.lddpm.scheduler import DenoisingGANScheduler


def test_four_steps_have_the_variances_of_ddgan():
    # What the schedule of "Denoising Diffusion GANs" gives for T = 4, beta 0.1 to 20.
    scheduler = DenoisingGANScheduler()
    assert scheduler.betas == pytest.approx([0.4783, 0.8492, 0.9564, 0.9874], abs=5e-5)
    kept = scheduler.alphas_cumprod.numpy()
    assert kept[0] == 1
    assert kept[1:4] == pytest.approx([0.5217, 0.0787, 0.0034], abs=5e-5)
    assert kept[4] < 5e-5


def test_it_goes_from_noise_to_image():
    assert DenoisingGANScheduler(num_train_timesteps=3).timesteps.tolist() == [2, 1, 0]


def test_the_last_step_is_the_clean_image_without_noise():
    scheduler, (state, clean, noise) = DenoisingGANScheduler(), torch.randn(3, 2, 1, 4, 4).unbind()
    step = scheduler.step(clean, 0, state, noise)
    assert torch.allclose(step.prev_sample, clean, atol=1e-6)


@pytest.mark.parametrize("timestep", [0, 1, 2, 3])
def test_a_step_is_that_of_diffusers_ddpm_with_the_same_variances(timestep):
    scheduler = DenoisingGANScheduler()
    reference = DDPMScheduler(trained_betas=scheduler.betas, prediction_type="sample", clip_sample=False)
    state, clean = torch.randn(2, 2, 1, 4, 4, generator=torch.Generator().manual_seed(0)).unbind()
    draw = torch.Generator().manual_seed(1)
    wanted = reference.step(clean, timestep, state, generator=draw).prev_sample
    fresh = torch.randn(state.shape, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(scheduler.step(clean, timestep, state, fresh).prev_sample, wanted, atol=1e-5)


@pytest.mark.parametrize("timestep", [0, 1, 2, 3])
def test_pairs_of_states_are_noised_as_often_as_they_say(timestep):
    scheduler, count = DenoisingGANScheduler(), 20_000
    clean, steps = torch.full((count, 1, 1, 1), 0.7), torch.full((count,), timestep)
    noise = torch.randn(2, count, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    nearer, state = (one.flatten().numpy() for one in scheduler.pair(clean, steps, *noise))
    before, after = (scheduler.alphas_cumprod[place].item() for place in (timestep, timestep + 1))
    assert nearer.mean() == pytest.approx(0.7 * before**0.5, abs=0.02)
    assert nearer.var() == pytest.approx(1 - before, abs=0.02)
    assert state.mean() == pytest.approx(0.7 * after**0.5, abs=0.02)
    assert state.var() == pytest.approx(1 - after, abs=0.03)
    between = np.cov(nearer, state)[0, 1]
    assert between == pytest.approx((1 - before) * (1 - scheduler.betas[timestep]) ** 0.5, abs=0.03)


def test_it_is_stored_and_read_as_schedulers_are(tmp_path):
    DenoisingGANScheduler(num_train_timesteps=2).save_pretrained(tmp_path)
    assert DenoisingGANScheduler.from_pretrained(tmp_path).timesteps.tolist() == [1, 0]
