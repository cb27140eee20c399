"""The fake family is known in all tests here."""

from __future__ import annotations

import pytest

from tests.inference.samplers.importing.fake.family import register


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
