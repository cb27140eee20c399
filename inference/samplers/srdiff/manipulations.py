"""The noise of samples between two samples: what latent interpolation interpolates.

Li et al., SRDiff, section 5.4 and algorithm 4, interpolate x_T alone. Steps with fresh noise (eta above 0) decide at
least as much about a picture, so here the noise of all steps goes over from one sample to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from inference.samplers.base import MAX_ATTEMPTS
from inference.samplers.mixtures import Interpolation
from inference.samplers.seeds import generators, noise, noise_seed


def shares(mixture: Interpolation, noise_seeds: Sequence[int]) -> list[float]:
    """The share of the second sample for each of the noise seeds that the seeds 1, 2, 3, ... lead to.

    A second attempt has the same share: there is no other noise between the two.
    """
    known = {
        noise_seed(place, attempt): share
        for place, share in enumerate(mixture.shares, start=1)
        for attempt in range(MAX_ATTEMPTS)
    }
    return [known[seed] for seed in noise_seeds]


def mixed_noise(
    mixture: Interpolation, of_second: Sequence[float], shape: tuple[int, ...], device: torch.device
) -> Callable[[], torch.Tensor]:
    """What gives the noise of one step after the other, (B, *shape): that of both samples, mixed by the shares."""
    sources = generators([noise_seed(origin.seed, origin.attempt) for origin in (mixture.first, mixture.second)])
    share = torch.tensor(of_second, device=device).reshape(-1, *(1 for _ in shape))

    def step() -> torch.Tensor:
        first, second = noise(sources, shape, device)
        return combined(first, second, share)

    return step


def combined(first: torch.Tensor, second: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """(1 - share) * first + share * second, divided so that independent standard normal noise keeps variance 1."""
    return ((1 - share) * first + share * second) / ((1 - share).square() + share.square()).sqrt()
