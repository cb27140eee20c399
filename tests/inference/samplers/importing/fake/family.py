"""Registering the family in a test, and state dicts as its authors would have saved them."""

from __future__ import annotations

import pytest
import torch

from inference import samplers

HERE = __name__.rpartition(".")[0]
FAMILY = samplers.Family(label="Fake", settings=f"{HERE}.sampler:FakeSettings", sampler=f"{HERE}.sampler:FakeSampler")


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samplers, "families", lambda: {**samplers.FAMILIES, "fake": FAMILY})


def state_dict(factor: int = 4) -> dict[str, torch.Tensor]:
    """A network that repeats each pixel factor x factor times, which is a passable enlargement."""
    weight = torch.eye(3).repeat_interleave(factor**2, dim=0)[:, :, None, None]
    return {"net.weight": weight, "net.bias": torch.zeros(3 * factor**2), "steps": torch.tensor(7)}
