"""One consistent state of the database for many queries, while people go on voting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection as default_connection
from django.db import transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction for reading, in which every query sees the same state and which keeps no voter waiting.

    Inside another transaction nothing is changed.
    """
    connection: Any = default_connection
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with _deferred(connection), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            # At PostgreSQL's default level each statement sees what was committed since the one before.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # What streams is read to its end: plans are to be quick in all, not to the first rows.
                cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
                # Votes are joined and grouped whole: in memory, and no compiler for a query of a second.
                cursor.execute("SET LOCAL work_mem = '128MB'")
                cursor.execute("SET LOCAL jit = off")
            yield


@contextmanager
def _deferred(connection: Any) -> Iterator[None]:
    """Our transactions begin IMMEDIATE, as writers must; a reader that did would lock the others out."""
    usual, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        connection.transaction_mode = usual
