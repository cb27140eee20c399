"""The flow over features: one to one, and it knows how it changes volumes."""

from __future__ import annotations

import pytest
import torch

from inference.samplers.lddpm.glow import FeatureGlow


@pytest.fixture
def flow() -> FeatureGlow:
    """Random, its couplings and actnorms far from doing nothing."""
    torch.manual_seed(0)
    flow = FeatureGlow(6, 3, steps=3, hidden=8)
    with torch.no_grad():
        for coupling in flow.couplings:
            torch.nn.init.normal_(coupling.network[-1].weight, std=0.2)
    flow(torch.randn(8, 6, 4, 4) * 3 + 1, torch.randn(8, 3, 4, 4), fit=True)
    return flow


def test_the_inverse_gives_the_maps_back(flow):
    maps, condition = torch.randn(2, 6, 8, 4), torch.randn(2, 3, 8, 4)
    with torch.no_grad():
        changed, _ = flow(maps, condition)
        assert (flow.inverse(changed, condition) - maps).abs().max() < 1e-5
    assert changed.shape == maps.shape
    assert (changed - maps).abs().mean() > 0.1


def test_the_logarithm_of_the_determinant_is_that_of_the_jacobian(flow):
    flow.double()
    maps, condition = torch.randn(1, 6, 2, 2).double(), torch.randn(1, 3, 2, 2).double()
    jacobian = torch.autograd.functional.jacobian(lambda one: flow(one, condition)[0], maps).reshape(24, 24)
    assert flow(maps, condition)[1].item() == pytest.approx(torch.linalg.slogdet(jacobian)[1].item(), abs=1e-8)


def test_the_condition_takes_part_in_the_coupling(flow):
    maps = torch.randn(1, 6, 4, 4)
    one, other = (flow(maps, torch.full((1, 3, 4, 4), value))[0] for value in (0.0, 1.0))
    assert (one - other).abs().max() > 1e-3


def test_fitted_actnorms_standardise_their_first_batch():
    # Glow, section 3.1: zero mean and unit variance per channel after the first actnorm.
    torch.manual_seed(0)
    flow = FeatureGlow(2, 1, steps=1, hidden=4)
    maps = torch.randn(64, 2, 4, 4) * 5 + 3
    flow(maps, torch.zeros(64, 1, 4, 4), fit=True)
    normed, _ = flow.norms[0](torch.nn.functional.pixel_unshuffle(maps, 2))
    assert normed.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert (normed.std(dim=(0, 2, 3)) - 1).abs().max() < 1e-3
