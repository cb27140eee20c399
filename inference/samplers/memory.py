"""Telling an exhausted memory from other errors, on every device."""

from __future__ import annotations

import gc

import torch


def is_out_of_memory(error: Exception) -> bool:
    """Whether the error says that memory ran out; if so, what can be freed is freed."""
    exhausted = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or (
        isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _SIGNS)
    )
    if exhausted:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return exhausted


_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")
