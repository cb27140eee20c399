"""Turns at the one writer of SQLite, for the writes that everybody waits for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection as default_connection

_turn = threading.Lock()


@contextmanager
def own_turn() -> Iterator[None]:
    """Around a short write: the threads of this process go one after the other, without a pause between them.

    SQLite alone would let whoever finds it busy sleep for up to a tenth of a second before looking again. Other
    processes are still kept apart by SQLite. Nothing happens on other databases, and inside a transaction, which
    has the writer already.
    """
    connection: Any = default_connection
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with _turn:
        yield
