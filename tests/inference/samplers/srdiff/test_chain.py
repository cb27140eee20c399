"""The chain of SRDiff: the stock schedulers' steps where these are right, and right ones where they are not."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from inference.samplers.srdiff.chain import Chain
from inference.samplers.srdiff.settings import SDE
from inference.samplers.srdiff.settings import SRDiffSettings as Settings
from tests.inference.samplers.tiny import srdiff_config

SCHEDULE = {"num_train_timesteps": 100, "beta_schedule": "squaredcos_cap_v2"}
CONFIG = srdiff_config()


def draws(count: int) -> torch.Tensor:
    return torch.randn(count, 2, 1, 4, 4, generator=torch.Generator().manual_seed(0))


def walk(chosen: Settings, spread: float, count: int = 4000) -> torch.Tensor:
    """The chain with the best possible guesses for pixels that are normal with this deviation, each on its own."""
    chain, source = Chain(CONFIG, chosen), torch.Generator().manual_seed(1)
    state = torch.randn(count, generator=source)
    for place, time in enumerate(chain.times):
        kept = float(chain.kept[time])
        clean = kept**0.5 * spread**2 / (kept * spread**2 + 1 - kept) * state
        state = chain.step(clean, state, place, torch.randn(count, generator=source))
    return state


def test_all_steps_with_eta_1_are_the_papers_ancestral_sampling():
    """Algorithm 2, as diffusers' DDPMScheduler has it (variance_type fixed_small, x0 clipped by the caller)."""
    stock = DDPMScheduler(**SCHEDULE, variance_type="fixed_small", prediction_type="sample", clip_sample=True)
    stock.set_timesteps(100)
    chain = Chain(CONFIG, Settings(steps=100, eta=1.0))
    assert chain.times == stock.timesteps.tolist() == list(range(99, -1, -1))
    state, clean = draws(2)
    for place in (0, 1, 50, 97, 98, 99):
        torch.manual_seed(place)
        expected = stock.step(clean.clamp(-1, 1), chain.times[place], state).prev_sample
        torch.manual_seed(place)
        found = chain.step(clean.clamp(-1, 1), state, place, torch.randn(state.shape))
        assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
def test_few_steps_are_those_of_ddim(eta):
    """diffusers' DDIMScheduler, for steps that divide 100."""
    stock = DDIMScheduler(**SCHEDULE, prediction_type="sample", timestep_spacing="trailing", clip_sample=False)
    stock.set_timesteps(25)
    chain = Chain(CONFIG, Settings(steps=25, eta=eta))
    assert chain.times == stock.timesteps.tolist()
    state, clean, fresh = draws(3)
    for place, time in enumerate(chain.times):
        expected = stock.step(clean, time, state, eta=eta, variance_noise=fresh).prev_sample
        assert torch.allclose(chain.step(clean, state, place, fresh), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample"])
def test_predictions_of_every_kind_mean_the_residual_they_were_made_of(kind):
    """Noise levels and v from diffusers."""
    stock = DDIMScheduler(**SCHEDULE)
    clean, noise = draws(2)
    time = torch.tensor([30])
    state = stock.add_noise(clean, noise, time)
    told = {"epsilon": noise, "v_prediction": stock.get_velocity(clean, noise, time), "sample": clean}[kind]
    chain = Chain(srdiff_config(schedule={**SCHEDULE, "prediction_type": kind}), Settings())
    assert torch.allclose(chain.clean(told, state, 30), clean, atol=1e-5)


@pytest.mark.parametrize("chosen", [Settings(steps=30), Settings(steps=15, eta=0.0), Settings(steps=15, solver=SDE)])
def test_steps_that_do_not_divide_100_keep_the_spread_of_what_is_drawn(chosen):
    """diffusers' DDIMScheduler would end with noise left over here: it takes t = 0 for the end of 15 steps."""
    drawn = walk(chosen, spread=0.5)
    assert abs(float(drawn.std()) - 0.5) < 0.06
    assert Chain(CONFIG, chosen).times[-1] == round(100 / chosen.steps) - 1


@pytest.mark.parametrize("solver", ["ddim", SDE])
def test_part_of_the_chain_begins_at_a_picture_with_noise(solver):
    chain = Chain(CONFIG, Settings(steps=20, solver=solver), 40)
    assert chain.times == [39, 34, 29, 24, 19, 14, 9, 4]
    clean, noise = draws(2)
    expected = DDIMScheduler(**SCHEDULE).add_noise(clean, noise, torch.tensor([39]))
    assert torch.allclose(chain.begin(noise, clean), expected, atol=1e-5)
    state = chain.begin(noise, clean)
    for place in range(len(chain.times)):
        state = chain.step(clean, state, place, torch.zeros_like(noise))
    assert torch.allclose(state, clean, atol=1e-4)


def test_the_whole_chain_begins_at_noise():
    noise = draws(1)[0]
    assert Chain(CONFIG, Settings()).begin(noise, None) is noise


def test_fewest_per_cent_are_one_step():
    assert Chain(CONFIG, Settings(steps=5), 1).times == [19]
