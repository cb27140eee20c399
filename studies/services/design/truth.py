"""Ground truths in their own storage, apart from everything that may be shown."""

from __future__ import annotations

from django.core.files.storage import storages

from inference import store


def store_truth(png: bytes) -> str:
    """Keep a truth's PNG file; its sha256. Raises StoreError."""
    return store.put(png, "truth", ".png", storage=storages["truth"])


def truth_png(sha256: str) -> bytes:
    """The stored PNG file, verified; raises StoreError."""
    return store.get(sha256, "truth", ".png", storage=storages["truth"])
