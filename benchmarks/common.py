"""What the benchmarks share: a table, percentiles, a data folder of their own, and how busy the machine is."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a plain table with the machine's load, without which no time means anything."""
    load = os.getloadavg()[0]
    print(f"\n{title}  (load {load:.1f} on {os.cpu_count()} cores)")
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for row in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def percentile(seconds: Sequence[float], q: float) -> float:
    """The q-th percentile in milliseconds."""
    return float(np.percentile(np.asarray(seconds), q) * 1000)


@contextmanager
def own_data_dir() -> Iterator[Path]:
    """A fresh data folder in the environment: the benchmark's and its children's."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRUSTSR_DATA_DIR"] = folder
        yield Path(folder)


def set_up_django() -> None:
    """Django on the database of the present data folder, migrated."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "trustsr.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


@contextmanager
def web_server(port: int, *options: str) -> Iterator[int]:
    """The web server as the demo starts it, from when it answers: its process id. options: further ones of gunicorn."""
    from studies.demo.processes import web_command

    server = subprocess.Popen([*web_command("127.0.0.1", port), *options], stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_mib(pid: int) -> float:
    """Proportional memory of one process (PSS), MiB: shared pages are counted once."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def cpu_seconds(pid: int) -> float:
    """What a process and all below it have taken of the processors so far: how busy the machine is does not matter."""
    ticks = 0
    for one in [pid, *descendants(pid)]:
        numbers = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(numbers[11]) + int(numbers[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """All living processes below this one."""
    children = [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [grandchild for child in children for grandchild in descendants(child)]
