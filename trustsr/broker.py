"""Celery's broker in a folder, for one machine without a broker server.

kombu's own filesystem transport loses messages: a worker may read a file that is still being written. Here every
file is written under a name that nobody looks for and renamed into place, whole. Messages leave in the order in
which they came, and each goes to exactly one worker (whoever renames it out of the folder first).
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem, virtual
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.json import dumps, loads

SCHEME = "trustsr-files"

# kombu takes no import path from a URL; a scheme has to be made known to it.
TRANSPORT_ALIASES[SCHEME] = "trustsr.broker:Transport"


class Clock:
    """Wall-clock nanoseconds that never repeat or go back within this process."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def tick(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return self._last


_clock = Clock()


def write_whole(path: Path, text: str) -> None:
    """Make or replace a file of mode 0600 so that every reader sees all of it or none."""
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ChannelError(f"The broker folder {path.parent} cannot be written: {error.strerror}.") from error


class Channel(filesystem.Channel):
    """The filesystem channel with whole files; its options are those of `environment.broker`."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{_clock.tick():020d}_{uuid.uuid4().hex}.{queue}.msg"
        write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.partition(".")[2] == f"{queue}.msg":
                taken = Path(self.processed_folder) / name
                try:
                    os.rename(Path(self.data_folder_in) / name, taken)
                except FileNotFoundError:
                    continue  # another worker was first
                text = taken.read_text()
                taken.unlink()
                return loads(text)
        raise Empty

    def get_table(self, exchange: str) -> list[exchange_queue_t]:
        try:
            text = self._exchange_file(exchange).read_text()
        except FileNotFoundError:
            return []
        return [exchange_queue_t(*queue) for queue in loads(text)]

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda table: table if bound in table else [bound, *table])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        virtual.Channel._delete(self, queue, exchange, routing_key, pattern, *args, **kwargs)
        bound = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda table: [other for other in table if other != bound])

    def _change_table(self, exchange: str, change: Callable[[list], list]) -> None:
        file = self._exchange_file(exchange)
        with self._locked():
            table = self.get_table(exchange)
            changed = change(table)
            if changed != table or not file.exists():
                write_whole(file, dumps(changed))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer of exchange tables at a time; the lock ends with its process."""
        with open(self.control_folder / "lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        # kombu remembers bindings for all folders together, and would not bind a queue in a second folder.
        self.state = virtual.BrokerState()
