"""SRDiff's two manipulations (section 5.4 of the paper): samples between two, and parts of both in one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inference.samplers.base import DrawError
from inference.samplers.health import Health
from inference.samplers.mixtures import Fusion, Interpolation, MixtureError, Origin, fusion, interpolation, read_mixture
from inference.samplers.resshift.settings import ResShiftSettings
from inference.samplers.settings import SettingsError
from inference.samplers.srdiff.manipulations import combined
from inference.samplers.srdiff.settings import SRDiffSettings as Settings
from tests.inference.samplers import tiny

FEW = Settings(steps=4)
LOW = np.random.default_rng(1).random((8, 8, 1), np.float32)
BOX = (4, 8, 20, 24)
INSIDE = (slice(8, 24), slice(4, 20))


@pytest.fixture(autouse=True)
def only_finite_matters(monkeypatch) -> None:
    """Random networks draw what health calls explosions and casts."""
    monkeypatch.setattr(Health, "fault", lambda self, picture: "" if np.isfinite(picture).all() else "not finite")


@pytest.fixture
def sampler():
    return tiny.srdiff()


def pictures(drawn) -> np.ndarray:
    return np.stack([one.image for one in sorted(drawn, key=lambda one: one.index)])


def between(sampler, *shares: float, settings: Settings = FEW) -> np.ndarray:
    return sampler.interpolate(LOW, 5, 9, shares, settings)


def hidden_region(picture: np.ndarray) -> np.ndarray:
    result = picture.copy()
    result[INSIDE] = 0
    return result


@pytest.mark.parametrize("settings_", [FEW, Settings(steps=4, solver="sde-dpmsolver++"), Settings(steps=4, eta=0.0)])
def test_the_ends_of_an_interpolation_are_both_samples_again(sampler, settings_):
    """Their noise is drawn anew from their seeds, all of it: with eta 1 the steps decide as much as the start."""
    parents = sampler.sample(LOW, [5, 9], settings_)
    ends = between(sampler, 0.0, 1.0, settings=settings_)
    assert np.array_equal(ends, parents)


def test_it_goes_over_from_one_to_the_other(sampler):
    first, second = sampler.sample(LOW, [5, 9], FEW)
    way = between(sampler, 0.02, 0.25, 0.5, 0.75, 0.98)
    to_first = [np.abs(picture - first).mean() for picture in way]
    to_second = [np.abs(picture - second).mean() for picture in way]
    assert to_first == sorted(to_first)
    assert to_second == sorted(to_second, reverse=True)
    assert to_first[0] > 0


def test_mixed_noise_keeps_its_variance():
    """A linear mixture alone would have variance 0.5 half way, which the network never saw."""
    first, second = torch.randn(2, 20_000, generator=torch.Generator().manual_seed(0))
    for share in (0.0, 0.3, 0.5, 1.0):
        assert combined(first, second, torch.tensor(share)).var() == pytest.approx(1, abs=0.03)


def test_a_parent_that_was_drawn_again_is_found_by_its_attempt(sampler, monkeypatch):
    refuse = iter(["dead", ""])
    with monkeypatch.context() as patch:
        patch.setattr(Health, "fault", lambda *_: next(refuse))
        [again] = sampler.draw(LOW, [5], FEW)
    assert again.attempt == 1
    mixture = Interpolation(Origin(5, attempt=1), Origin(9), (0.0,))
    assert np.array_equal(pictures(sampler.draw_mixed(LOW, [1], FEW, mixture=mixture))[0], again.image)


def test_a_second_attempt_has_the_same_share(sampler, monkeypatch):
    refuse = iter(["not finite", ""])
    expected = between(sampler, 0.5)
    monkeypatch.setattr(Health, "fault", lambda *_: next(refuse))
    assert np.array_equal(between(sampler, 0.5), expected)


def test_a_fault_between_two_samples_is_kept_at_once(sampler, monkeypatch):
    """There is no other noise between the two: another attempt would be the same picture."""
    monkeypatch.setattr(Health, "fault", lambda *_: "colour cast")
    [one] = sampler.draw_mixed(LOW, [1], FEW, mixture=Interpolation(Origin(5), Origin(9), (0.5,)))
    assert (one.attempt, one.fault, one.suspect) == (0, "colour cast", True)


def test_settings_of_another_family_are_refused(sampler):
    with pytest.raises(SettingsError, match="takes SRDiffSettings, not ResShiftSettings"):
        sampler.interpolate(LOW, 5, 9, [0.5], ResShiftSettings())


def test_only_some_of_the_shares_can_be_drawn(sampler):
    """As a job does that goes on after an interruption."""
    mixture = Interpolation(Origin(5), Origin(9), (0.25, 0.5, 0.75))
    rest = pictures(sampler.draw_mixed(LOW, [3], FEW, mixture=mixture))
    assert np.allclose(rest[0], between(sampler, 0.25, 0.5, 0.75)[2], atol=1e-6)


def fused(sampler, percent: int, seeds=(0, 1), low=LOW, channels: int = 1) -> tuple[np.ndarray, Fusion]:
    source = np.random.default_rng(2)
    large = [source.random((4 * low.shape[0], 4 * low.shape[1], channels), np.float32) for _ in "ab"]
    mixture = Fusion(large[0], large[1], BOX, percent)
    return sampler.fuse(low, mixture, seeds, Settings(steps=20)), mixture


def test_a_fusion_is_the_base_but_for_the_region(sampler):
    drawn, mixture = fused(sampler, 50)
    assert np.allclose(hidden_region(drawn[0]), hidden_region(mixture.base))
    assert not np.allclose(drawn[0][INSIDE], mixture.base[INSIDE])


def test_other_seeds_are_other_fusions_and_the_same_seed_the_same(sampler):
    drawn, _ = fused(sampler, 50, seeds=(0, 1, 0))
    assert np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[1])


def test_few_per_cent_keep_the_region_and_many_take_it_away():
    """Figure 6(a). With noise predicted as zero, what is left of the region is what the chain did not diffuse."""
    schedule = {**tiny.srdiff_config()["schedule"], "prediction_type": "epsilon"}
    sampler = tiny.srdiff(schedule=schedule, residual={"rescale": 2.0, "clip": 4.0, "divisor": 255})
    torch.nn.init.zeros_(sampler.networks.unet.last[2].weight)
    torch.nn.init.zeros_(sampler.networks.unet.last[2].bias)
    errors = []
    for percent in (5, 20, 50, 80):
        drawn, mixture = fused(sampler, percent)
        errors.append(np.abs(drawn - mixture.pasted())[:, *INSIDE].mean())
    assert errors == sorted(errors)
    assert errors[0] < 0.1 < errors[-1]


def test_grey_samples_of_networks_for_colour_are_mixed():
    sampler = tiny.srdiff(channels=3)
    drawn, mixture = fused(sampler, 30)
    assert drawn.shape == (2, 32, 32, 1)
    assert np.allclose(hidden_region(drawn[0]), hidden_region(mixture.base), atol=1e-6)


def test_sizes_that_have_to_be_padded_are_mixed(sampler):
    drawn, _ = fused(sampler, 30, low=LOW[:7, :5])
    assert drawn.shape == (2, 28, 20, 1)


def test_what_is_stored_says_the_same_again(sampler):
    stored = interpolation(["a", "b"], [Origin(5), Origin(9, 2)], 3)
    assert read_mixture(stored, lambda _: None) == Interpolation(Origin(5), Origin(9, 2), (0.25, 0.5, 0.75))
    images = {"a": np.zeros((8, 8, 1), np.float32), "b": np.ones((8, 8, 1), np.float32)}
    read = read_mixture(fusion(["a", "b"], (1, 2, 3, 5), 30, (8, 8)), images.__getitem__)
    assert (read.box, read.percent) == ((1, 2, 3, 5), 30)
    assert read.pasted().sum() == 6
    assert read.pasted()[2:5, 1:3].all()


@pytest.mark.parametrize(
    ("box", "percent", "words"),
    [
        ((0, 0, 9, 4), 30, "does not lie within 8 x 8"),
        ((3, 0, 3, 4), 30, "does not lie within"),
        ((-1, 0, 3, 4), 30, "does not lie within"),
        ((0, 0, 8, 8), 30, "is the whole picture"),
        ((0, 0, 4, 4), 0, "1 to 99 per cent, not 0"),
        ((0, 0, 4, 4), 100, "1 to 99 per cent, not 100"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(box, percent, words):
    with pytest.raises(MixtureError, match=words):
        fusion(["a", "b"], box, percent, (8, 8))


def test_what_is_never_finite_ends_with_a_sentence(sampler, monkeypatch):
    monkeypatch.setattr(Health, "fault", lambda *_: "not finite")
    with pytest.raises(DrawError, match="Seed 1 gave no finite picture"):
        between(sampler, 0.5)
