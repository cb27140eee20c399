"""Where to draw when nobody said so."""

from __future__ import annotations

import torch


def best() -> str:
    """The GPU where torch finds one, else the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"
