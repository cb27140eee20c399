"""Turns at the one writer of SQLite."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from studies.services.turns import own_turn

pytestmark = pytest.mark.django_db(transaction=True)


def follows(seconds: float) -> tuple[threading.Thread, threading.Event]:
    """Another thread that asks for its turn, and what tells that it got it."""
    got = threading.Event()

    def ask() -> None:
        with own_turn():
            got.set()
        connections.close_all()

    thread = threading.Thread(target=ask)
    thread.start()
    got.wait(seconds)
    return thread, got


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases have many writers")
def test_threads_wait_for_each_other() -> None:
    with own_turn():
        thread, got = follows(0.2)
        assert not got.is_set()
    thread.join(10)
    assert got.is_set()


def test_who_is_inside_a_transaction_waits_for_nobody() -> None:
    """They hold SQLite's lock: waiting for one who waits for that lock would be for ever."""
    with transaction.atomic(), own_turn():
        thread, got = follows(10)
        assert got.is_set()
    thread.join(10)
