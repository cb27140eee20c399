"""Random networks draw what health calls explosions and casts; here only finite pictures matter."""

from __future__ import annotations

import numpy as np
import pytest

from inference.samplers.health import Health


@pytest.fixture(autouse=True)
def only_finite_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Health, "fault", lambda self, picture: "" if np.isfinite(picture).all() else "not finite")
