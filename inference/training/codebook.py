"""Filling a VQ codebook from the latents that it is to describe."""

from __future__ import annotations

import torch


def cluster(vectors: torch.Tensor, count: int, generator: torch.Generator, rounds: int = 15) -> torch.Tensor:
    """Centres (count, d) of the vectors (n, d) by Lloyd's algorithm; a centre without members moves to a vector."""
    picks = torch.randint(len(vectors), (count,), generator=generator)
    centres = vectors[picks].clone()
    for _ in range(rounds):
        nearest = torch.cdist(vectors, centres).argmin(dim=1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, vectors)
        sizes = torch.bincount(nearest, minlength=count).unsqueeze(1)
        spare = vectors[torch.randint(len(vectors), (count,), generator=generator)]
        centres = torch.where(sizes > 0, sums / sizes.clamp(min=1), spare)
    return centres
