"""From seeds to noise."""

from __future__ import annotations

import torch

from inference.samplers.seeds import generators, noise, noise_seed


def test_seeds_that_share_their_lower_bits_are_different_pictures():
    """torch's generator on the CPU knows 32 bits of a seed."""
    seeds = [5, 5 + 2**32, 5 + 2**33, 2**63 - 1, 2**32 - 1]
    sources = generators([noise_seed(seed, 0) for seed in seeds])
    drawn = noise(sources, (4,), torch.device("cpu"))
    assert len({tuple(row.tolist()) for row in drawn}) == len(seeds)
    assert torch.equal(drawn[0], torch.randn(4, generator=torch.Generator().manual_seed(5)))


def test_each_attempt_has_noise_of_its_own():
    found = [noise_seed(key, attempt) for key in (0, 1, 2**40) for attempt in range(5)]
    assert len(set(found)) == len(found)
    assert all(0 <= seed < 2**32 for seed in found)
