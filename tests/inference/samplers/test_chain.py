"""The chain of diffusion families: the stock schedulers' steps where these are right, right ones where they are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from inference.samplers import ldm
from inference.samplers.blocks.chain import Chain, visited
from inference.samplers.blocks.solvers import DDIM, SDE
from tests.inference.samplers.tiny import ldm_config, srdiff_config

SCHEDULE = {"num_train_timesteps": 100, "beta_schedule": "squaredcos_cap_v2"}
CONFIG = srdiff_config()
LDM = ldm_config()["schedule"]
OFFICIAL = json.loads((Path(ldm.__file__).parent / "official.json").read_text())


def draws(count: int) -> torch.Tensor:
    return torch.randn(count, 2, 1, 4, 4, generator=torch.Generator().manual_seed(0))


def chain_of(steps: int = 20, solver: str = DDIM, eta: float = 1.0, percent: int = 100, config=CONFIG) -> Chain:
    return Chain(config, steps, solver, eta, percent)


def walk(chain: Chain, spread: float, count: int = 4000) -> torch.Tensor:
    """The chain with the best possible guesses for pixels that are normal with this deviation, each on its own."""
    source = torch.Generator().manual_seed(1)
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
    chain = chain_of(100)
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
    chain = chain_of(25, eta=eta)
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
    chain = chain_of(config=srdiff_config(schedule={**SCHEDULE, "prediction_type": kind}))
    assert torch.allclose(chain.clean(told, state, 30), clean, atol=1e-5)


@pytest.mark.parametrize(
    ("steps", "eta", "solver"), [(30, 1.0, DDIM), (29, 1.0, DDIM), (15, 0.0, DDIM), (15, 1.0, SDE), (31, 1.0, SDE)]
)
def test_steps_that_do_not_divide_100_keep_the_spread_of_what_is_drawn(steps, eta, solver):
    """diffusers' DDIMScheduler would end with noise left over here: it takes t = 0 for the end of 15 steps."""
    chain = chain_of(steps, solver, eta)
    assert abs(float(walk(chain, spread=0.5).std()) - 0.5) < 0.06
    assert chain.times[-1] == round(100 / steps) - 1


@pytest.mark.parametrize("steps", [15, 19, 20, 21, 61])
def test_no_noise_is_left_in_what_latent_diffusion_draws(steps):
    """Pixels that are all but certain; diffusers' scheduler leaves 0.04 of noise unless the steps divide 1000."""
    chain = chain_of(steps, config={"schedule": LDM})
    assert float(walk(chain, spread=0.001).std()) < 0.002


@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace"])
@pytest.mark.parametrize("total", [50, 100, 1000])
def test_every_count_visits_so_many_times_from_near_the_end_to_the_beginning(spacing, total):
    for steps in range(1, min(total, 500) + 1):
        times = visited(steps, total, spacing, 1)
        assert len(times) == len(set(times)) == steps
        assert times == sorted(times, reverse=True)
        assert times[-1] >= 0
        assert total * (1 - 1 / steps) - 1 <= times[0] <= total - 1  # no step is larger than the others


@pytest.mark.parametrize("spacing", ["trailing", "leading", "linspace"])
@pytest.mark.parametrize("steps", [4, 20, 50, 100, 250])
def test_times_are_those_of_diffusers_where_steps_divide_the_training(spacing, steps):
    stock = DDIMScheduler(1000, timestep_spacing=spacing, steps_offset=1 if spacing == "leading" else 0)
    stock.set_timesteps(steps)
    assert visited(steps, 1000, spacing, 1) == stock.timesteps.tolist()


def test_the_official_chain_of_latent_diffusion_keeps_the_noise_of_its_first_level():
    """CompVis: 100 steps from 991, eta 1, the last one to alpha of the first level; as diffusers' scheduler."""
    stock = DDIMScheduler(**OFFICIAL["schedule"])
    stock.set_timesteps(100)
    chain = chain_of(100, config=OFFICIAL)
    state, noise, fresh = draws(3)
    for place in (0, 50, 98, 99):
        time = chain.times[place]
        expected = stock.step(noise, time, state, eta=1.0, variance_noise=fresh).prev_sample
        found = chain.step(chain.clean(noise, state, time), state, place, fresh)
        assert torch.allclose(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("solver", ["ddim", SDE])
def test_part_of_the_chain_begins_at_a_picture_with_noise(solver):
    chain = chain_of(20, solver, percent=40)
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
    assert chain_of().begin(noise, None) is noise


def test_fewest_per_cent_are_one_step():
    assert chain_of(5, percent=1).times == [19]
