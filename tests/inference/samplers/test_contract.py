"""What every family promises at its border, tried with a tiny random network of each."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from inference import samplers
from inference.samplers.base import MAX_ATTEMPTS, Cancelled, DrawError, Sampler
from inference.samplers.health import Health
from inference.samplers.limits import LowResError
from inference.samplers.settings import SettingsError
from tests.inference.samplers.tiny import TINY

SIZES = [(4, 4), (5, 9), (7, 7), (8, 8), (33, 47)]


def few_steps(sampler: Sampler, **values):
    """Defaults with three steps where a family has steps."""
    steps = {"steps": 3} if hasattr(sampler.Settings(), "steps") else {}
    return sampler.Settings(**{**steps, **values})


def image(height: int = 8, width: int = 8, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, channels), np.float32)


@pytest.fixture(autouse=True)
def only_finite_matters(monkeypatch) -> None:
    """Random networks draw what health calls explosions and casts; test_faults.py tries those."""
    monkeypatch.setattr(Health, "fault", lambda self, picture: "" if np.isfinite(picture).all() else "not finite")


@pytest.fixture(params=sorted(TINY))
def sampler(request) -> Sampler:
    return TINY[request.param]()


def test_every_family_is_in_this_test():
    assert sorted(TINY) == samplers.names()


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_shape_type_and_range(sampler, height, width):
    drawn = sampler.sample(image(height, width), [3, 1], few_steps(sampler))
    assert drawn.shape == (2, height * sampler.scale, width * sampler.scale, 1)
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_one_seed_is_one_picture_whatever_is_drawn_with_it(sampler):
    settings, count = few_steps(sampler), sampler.micro_batch + 2
    together = sampler.sample(image(), range(count), settings)
    alone = sampler.sample(image(), [count - 1], settings)[0]
    among_others = sampler.sample(image(), [99, count - 1, 7, 0], settings)
    assert together[count - 1].tobytes() == alone.tobytes() == among_others[1].tobytes()
    assert together[0].tobytes() == among_others[3].tobytes()


def test_different_seeds_are_different_pictures(sampler):
    drawn = sampler.sample(image(), range(9), few_steps(sampler))
    assert len({picture.tobytes() for picture in drawn}) == 9


def test_global_seeds_neither_matter_nor_move(sampler):
    import torch

    torch.manual_seed(5)
    first = sampler.sample(image(), [1], few_steps(sampler))
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.rand(1) == after
    assert np.array_equal(first, sampler.sample(image(), [1], few_steps(sampler)))


def test_a_repeated_seed_gives_the_same_picture_twice(sampler):
    drawn = sampler.sample(image(), [5, 5], few_steps(sampler))
    assert np.array_equal(drawn[0], drawn[1])


def test_a_constant_image_is_fine(sampler):
    assert np.isfinite(sampler.sample(np.ones((8, 8, 1), np.float32), [0], few_steps(sampler))).all()


def test_samples_are_handed_out_as_they_are_finished(sampler):
    seen = []
    drawn = sampler.sample(image(), [4, 5], few_steps(sampler), on_sample=seen.append)
    assert [(one.index, one.seed, one.attempt) for one in seen] == [(0, 4, 0), (1, 5, 0)]
    assert np.array_equal(seen[1].image, drawn[1])


def test_no_seeds_no_samples(sampler):
    assert sampler.sample(image(), [], few_steps(sampler)).shape[0] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((8, 8), np.float32),
        np.zeros((8, 8, 2), np.float32),
        np.zeros((3, 8, 1), np.float32),
        np.zeros((8, 8, 1), np.uint8),
        np.full((8, 8, 1), 1.5, np.float32),
        np.full((8, 8, 1), -0.1, np.float32),
        np.full((8, 8, 1), np.nan, np.float32),
        np.zeros((2048, 2048, 1), np.float32),
    ],
    ids=["no channel axis", "two channels", "too small", "integers", "too bright", "negative", "not finite", "huge"],
)
def test_a_bad_image_is_refused_before_anything_is_drawn(sampler, wrong):
    with pytest.raises(LowResError):
        sampler.draw(wrong, [0], few_steps(sampler))


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True])
def test_a_bad_seed_is_refused(sampler, seed):
    with pytest.raises(SettingsError, match="seed"):
        sampler.draw(image(), [seed], few_steps(sampler))


def test_colour_is_refused_by_grey_weights(sampler):
    with pytest.raises(LowResError, match="grey"):
        sampler.draw(image(channels=3), [0], few_steps(sampler))


@pytest.mark.parametrize("name", sorted(TINY))
@pytest.mark.parametrize("channels", [1, 3])
def test_colour_weights_draw_grey_and_colour(name, channels):
    sampler = TINY[name](channels=3)
    drawn = sampler.sample(image(channels=channels), [0], few_steps(sampler))
    assert drawn.shape == (1, 32, 32, channels)


def test_check_is_called_between_steps_and_may_cancel(sampler):
    calls = []

    def stop_at_third() -> bool:
        calls.append(1)
        return len(calls) == 3

    with pytest.raises(Cancelled):
        sampler.sample(image(), range(100), few_steps(sampler), should_stop=stop_at_third)
    assert len(calls) == 3


def test_projection_brings_samples_back_to_the_image(sampler):
    from inference.core.metrics import lr_consistency

    raw = sampler.sample(image() * 0.5 + 0.25, [0], few_steps(sampler))[0]
    projected = sampler.sample(image() * 0.5 + 0.25, [0], few_steps(sampler, projection=5))[0]
    low = image() * 0.5 + 0.25
    assert lr_consistency(projected, low, sampler.scale) > lr_consistency(raw, low, sampler.scale) + 10


def broken(sampler: Sampler, monkeypatch, spoil) -> list[int]:
    """Let ``spoil(noise_seed)`` say which passes come back as NaN; returns the list of batch sizes seen."""
    draw, sizes = sampler.draw_passes, []

    def draw_passes(context, noise_seeds, check):
        sizes.append(len(noise_seeds))
        pictures = draw(context, noise_seeds, check)
        for row, seed in zip(pictures, noise_seeds, strict=True):
            if spoil(seed):
                row[:] = np.nan
        return pictures

    monkeypatch.setattr(sampler, "draw_passes", draw_passes)
    return sizes


def test_a_picture_that_is_not_finite_is_drawn_again_from_new_noise(sampler, monkeypatch, caplog):
    broken(sampler, monkeypatch, lambda seed: seed == 1)
    seen = []
    with caplog.at_level(logging.WARNING):
        drawn = sampler.sample(image(), [0, 1, 2], few_steps(sampler), on_sample=seen.append)
    assert np.isfinite(drawn).all()
    assert {one.seed: one.attempt for one in seen} == {0: 0, 1: 1, 2: 0}
    assert "Seed 1 " in caplog.text


def test_it_gives_up_after_five_attempts(sampler, monkeypatch):
    sizes = broken(sampler, monkeypatch, lambda seed: True)
    with pytest.raises(DrawError, match="Seed 0"):
        sampler.sample(image(), [0], few_steps(sampler))
    assert len(sizes) == MAX_ATTEMPTS == 5


def test_the_micro_batch_is_constant_and_the_last_is_filled_up(sampler, monkeypatch):
    sizes = broken(sampler, monkeypatch, lambda seed: False)
    sampler.sample(image(), range(sampler.micro_batch + 1), few_steps(sampler))
    assert sizes == [sampler.micro_batch] * 2


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_out_of_memory_halves_the_micro_batch_and_goes_on(sampler, monkeypatch, error):
    draw, sizes = sampler.draw_passes, []

    def draw_passes(context, noise_seeds, check):
        sizes.append(len(noise_seeds))
        if len(noise_seeds) > 1:
            raise error
        return draw(context, noise_seeds, check)

    monkeypatch.setattr(sampler, "draw_passes", draw_passes)
    drawn = sampler.sample(image(), range(3), few_steps(sampler))
    assert sizes == [4, 2, 1, 1, 1]
    assert len({picture.tobytes() for picture in drawn}) == 3


def test_out_of_memory_with_one_sample_is_said(sampler, monkeypatch):
    def draw_passes(context, noise_seeds, check):
        raise MemoryError

    monkeypatch.setattr(sampler, "draw_passes", draw_passes)
    with pytest.raises(DrawError, match="not enough memory"):
        sampler.sample(image(), [0], few_steps(sampler))


def test_other_errors_come_through(sampler, monkeypatch):
    def draw_passes(context, noise_seeds, check):
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(sampler, "draw_passes", draw_passes)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        sampler.sample(image(), [0], few_steps(sampler))
