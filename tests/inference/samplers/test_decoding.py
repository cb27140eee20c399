"""Decoding in parts of equal size."""

from __future__ import annotations

import pytest
import torch

from inference.samplers.blocks.decoding import decoded


@pytest.mark.parametrize(
    ("count", "side", "sizes"), [(44, 16, [4] * 11), (20, 8, [10, 10]), (3, 64, [1] * 3), (5, 32, [1] * 5)]
)
def test_every_part_of_a_batch_is_as_large_as_the_others(count, side, sizes):
    """The last bits of a picture depend on how many are decoded with it."""
    seen = []

    def decode(states: torch.Tensor) -> torch.Tensor:
        seen.append(len(states))
        return states

    states = torch.rand(count, 1, side, side)
    assert torch.equal(decoded(decode, states, 64, 16, 1), states)
    assert seen == sizes
