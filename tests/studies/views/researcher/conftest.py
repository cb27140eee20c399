"""Researchers at a browser: somebody signed in, and what the form of a new study sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from inference.models import Weights
from inference.services import catalogue
from tests.studies import factories

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ada(db: None) -> User:
    return factories.user("ada")


@pytest.fixture
def browser_of_ada(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def digits(db: None, data_dir: Path) -> Weights:
    """Weights in the catalogue: the row that forms offer. Nothing here draws with them."""
    folder = data_dir / "weights" / "ldm"
    folder.mkdir(parents=True)
    (folder / "mine.safetensors").write_bytes(b"never read")
    (folder / "mine.json").write_text(json.dumps({"sha256": "cd" * 32, "scale": 4, "channels": 1}))
    return next(row for row in catalogue() if row.name == "mine")


@pytest.fixture
def form(digits: Weights) -> dict[str, Any]:
    """A form filled in as a browser sends it."""
    return {
        "name": "My digits", "question": "Which digit is this?", "ask_label": "on", "labels": "5\r\n6\r\n",
        "instructions": "", "weights": digits.pk, "pool_size": 20, "max_picks": 3, "ensemble_size": 3,
        "tie_rule": "index", "control_draws": 200, "target_participants": 10, "consent_text": "I agree.",
        "language": "en",
        "settings-family": "ldm", "settings-steps": 12, "settings-solver": "ddim", "settings-eta": "0.5",
        "settings-projection": 2, "settings-precision": "auto",
    }  # fmt: skip
