"""The recipes of lddpm and its two-player loop, a few steps with tiny networks on digits from fonts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from inference import samplers
from inference.core.weights import sha256_of
from inference.training import TrainingError, adversarial, lddpm, train
from inference.training.adversarial import Move, run_adversarial
from inference.training.denoising_gan import Game
from inference.training.discriminator import Discriminator
from inference.training.lddpm import FULL
from inference.training.loops import Stage, step_generator
from inference.training.pictures import source
from inference.training.scores import distance, energy, slopes, texture

pytestmark = pytest.mark.usefixtures("tiny_lddpm")


def trained(digits: Path, output: Path, **options) -> Path:
    return train("lddpm", "digits", output=output, name="own", device="cpu", data=digits, **options)


def test_it_writes_weights_that_load_and_draw(tmp_path, digits):
    path = trained(digits, tmp_path / "weights")
    sampler = samplers.load("lddpm", "own", folders=[tmp_path / "weights"])
    assert sampler.sample(np.full((7, 7, 1), 0.5, np.float32), [0, 1]).shape == (2, 28, 28, 1)
    assert sampler.fuse_reference(np.ones((4, 4, 1), np.float32), np.ones((16, 16, 1), np.float32), [0]).size == 256
    card = path.with_suffix(".md").read_text()
    assert "after the paper" in card
    assert "no official code exists" in card
    assert "CN117078510B" in card
    assert "estimate 2 x 4, estimate-ending 1 x 4, chain 4 x 4, chain-ending 2 x 4" in card
    assert not any(name.startswith("critic") for name in sampler.networks.state_dict())
    assert {name: sampler.config[name] for name in FULL} == FULL


def test_details_are_measured_so_that_they_deviate_by_a_half(tmp_path, digits):
    sampler = samplers.load("lddpm", trained(digits, tmp_path))
    pair = source("digits", digits, "cpu").batch(256, torch.Generator().manual_seed(0))
    with torch.no_grad():
        base = sampler.networks.condition(pair.low * 2 - 1).base
    assert sampler.networks.details(sampler.networks.to_grid(pair.high * 2 - 1), base).square().mean().sqrt() == (
        pytest.approx(0.5, rel=0.15)
    )


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path, digits, monkeypatch):
    first, again = (trained(digits, tmp_path / name) for name in "ab")
    monkeypatch.setitem(lddpm.RECIPES, "digits", replace(lddpm.RECIPES["digits"], seed=2))
    assert sha256_of(first) == sha256_of(again) != sha256_of(trained(digits, tmp_path / "c"))


def test_a_resumed_run_ends_like_an_uninterrupted_one(tmp_path, digits, monkeypatch):
    """Both networks, both optimisers and the average come back; the steps before are not repeated."""
    whole = trained(digits, tmp_path / "whole")
    monkeypatch.setattr(adversarial, "SAVE_EVERY", 0.0)
    real, steps = Game.play, []

    def interrupted(self: Game, step: int, dice: torch.Generator) -> Move:
        if step == 3:
            raise KeyboardInterrupt
        return real(self, step, dice)

    with monkeypatch.context() as patch:
        patch.setattr(Game, "play", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained(digits, tmp_path / "resumed")
    monkeypatch.setattr(Game, "play", lambda self, step, dice: steps.append(step) or real(self, step, dice))
    resumed = trained(digits, tmp_path / "resumed", resume=True)
    assert steps == [3, 0, 1]  # the fourth, and the two of the ending
    assert sha256_of(resumed) == sha256_of(whole)


def test_nothing_is_exported_where_all_samples_are_alike(tmp_path, digits, monkeypatch):
    monkeypatch.setattr(lddpm, "COLLAPSED", 1.0)
    monkeypatch.setattr(Game, "variation", lambda self, networks, **options: 0.4)
    with pytest.raises(TrainingError, match=r"alike \(a pixel varies by 0.40 of 255\)"):
        trained(digits, tmp_path / "weights")
    assert not (tmp_path / "weights" / "lddpm" / "own.safetensors").exists()


def test_photographs_have_a_recipe(tmp_path):
    from PIL import Image

    folder = tmp_path / "photographs"
    folder.mkdir()
    random = np.random.default_rng(0)
    for place in range(10):
        Image.fromarray(random.integers(0, 256, (130, 150, 3), dtype=np.uint8)).save(folder / f"{place}.png")
    path = train("lddpm", "photos", output=tmp_path / "weights", name="own", device="cpu", data=folder)
    assert samplers.load("lddpm", path).channels == 3


# the loop of two players


def played(folder: Path, critic: nn.Module | None) -> list[str]:
    """One step in which each network's loss is noted when it is asked for."""
    torch.manual_seed(0)
    network, order = nn.Linear(1, 1), []

    def play(step: int, dice: torch.Generator) -> Move:
        made = network(torch.ones(1, 1))

        def of_network() -> torch.Tensor:
            order.append("network")
            return made.sum() if critic is None else critic(made).sum()

        def of_critic() -> torch.Tensor:
            assert critic is not None
            order.append("critic")
            return critic(made.detach()).sum()

        return Move(of_network, None if critic is None else of_critic)

    stage = Stage("chain", 1, 1e-2)
    before = [value.clone() for part in (network, critic) if part is not None for value in part.parameters()]
    run_adversarial(stage, network, critic, play, folder, critic_rate=1.0, watch=lambda average: {})
    after = [value for part in (network, critic) if part is not None for value in part.parameters()]
    assert not any(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    return order


def test_the_critic_steps_first_and_is_not_moved_by_the_network_s_loss(tmp_path):
    critic = nn.Linear(1, 1)
    assert played(tmp_path, critic) == ["critic", "network"]
    assert all(value.requires_grad for value in critic.parameters())


def test_what_is_watched_stands_in_the_bar(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(adversarial, "SHOW_EVERY", 1)
    network = nn.Linear(1, 1)
    stage = Stage("chain", 1, 1e-2)
    run_adversarial(
        stage,
        network,
        None,
        lambda step, dice: Move(lambda: network(torch.ones(1, 1)).sum(), None),
        tmp_path,
        critic_rate=1.0,
        watch=lambda average: {"variation": 3.25},
    )
    assert "variation=3.250" in capfd.readouterr().err


def test_without_a_critic_one_network_trains_alone(tmp_path):
    assert played(tmp_path, None) == ["network"]


# the losses


def game(digits: Path, **switches: bool) -> Game:
    pictures = source("digits", digits, "cpu")
    on = {**FULL, **switches}
    torch.manual_seed(0)
    numbers = lddpm.RECIPES["digits"]
    networks = lddpm.LatentFeatureNetworks(lddpm.config_of(numbers, pictures, on))
    critic = Discriminator(1, (8, 8), 2) if on["use_gan"] else None
    return Game(numbers.terms, on, networks, critic, pictures, batch=4, seed=1)


def losses(found: Game, step: int = 1) -> tuple[float | None, float]:
    move = found.play(step, step_generator(0, "test", 0))
    return None if move.critic is None else move.critic().item(), move.network().item()


@pytest.mark.parametrize("switch", ["use_cvae", "use_gan", "use_content", "use_style"])
def test_each_switch_changes_what_is_made_small(digits, switch):
    assert losses(game(digits))[1] != losses(game(digits, **{switch: False}))[1]


def test_the_posterior_is_scored_by_two_samples_of_a_quarter_of_the_pictures(digits, monkeypatch):
    """As many as the prior's two of all pictures allow for: rows 0 to 3 twice, then row 0 twice."""
    found, seen = game(digits), []
    real = found.networks.predict_with_volume
    monkeypatch.setattr(
        found.networks,
        "predict_with_volume",
        lambda state, *rest, **more: seen.append(state) or real(state, *rest, **more),
    )
    losses(found)
    assert len(seen[0]) == 10
    assert torch.equal(seen[0][:4], seen[0][4:8])
    assert torch.equal(seen[0][8], seen[0][0])
    assert torch.equal(seen[0][9], seen[0][0])


def test_the_gradient_penalty_is_taken_now_and_then(digits):
    found = game(digits)
    due, not_due = (losses(found, step)[0] for step in (2, 3))
    assert due is not None
    assert not_due is not None
    assert due > not_due + 1e-5


def test_every_part_learns_but_the_average_image(digits):
    found = game(digits)
    move = found.play(1, step_generator(0, "test", 0))
    move.network().backward()
    still = {name.partition(".")[0] for name, value in found.networks.named_parameters() if value.grad is None}
    assert still == {"low_res"}  # which the first stage trained, and which says what counts as detail


def test_the_critic_is_told_the_time_and_the_low_resolution_image():
    torch.manual_seed(0)
    critic = Discriminator(1, (8, 8), 2)
    nearer, state, base = torch.randn(3, 1, 1, 16, 16).unbind()
    said = critic(nearer, state, base, torch.tensor([0]))
    assert said.shape == (1, 2, 2)
    for other in (critic(nearer, state, base, torch.tensor([3])), critic(nearer, state, -base, torch.tensor([0]))):
        assert (said - other).abs().max() > 1e-6


def test_the_energy_score_is_smallest_for_samples_distributed_like_the_truth():
    """Truths of deviation 1: neither no variation (the winner of a plain distance) nor too much scores better."""
    dice = torch.Generator().manual_seed(0)
    truth, first, second = torch.randn(3, 1, 1, 200, 200, generator=dice).unbind()
    scores = {spread: energy(spread * first, spread * second, truth).item() for spread in (0.0, 0.5, 1.0, 1.5)}
    assert min(scores, key=scores.__getitem__) == 1.0
    plain = {spread: distance(spread * first, truth).item() for spread in (0.0, 1.0)}
    assert plain[0.0] < plain[1.0]
    # E|X| - E|X - Y| / 2 for standard normal X, Y: sqrt(2 / pi) (sqrt(2) - sqrt(2) / 2).
    assert scores[1.0] == pytest.approx(0.5642, abs=0.01)


def test_slopes_and_texture_know_no_brightness():
    images = torch.rand(2, 1, 16, 16)
    for one, other in zip(slopes(images), slopes(images + 0.5), strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    assert torch.allclose(texture(images), texture(images + 0.5), atol=1e-5)
    assert (texture(images) - texture(images / 2)).abs().max() > 0.01
    assert [one.shape[2] for one in slopes(images)] == [16, 8, 4]
