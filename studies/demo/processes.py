"""The web server and the worker of the embedded site: started, watched, restarted and stopped by one process."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
CALM = 60.0  # a child that lived this long starts again without the growing pause
PATIENCE = 5.0  # seconds between asking a child to stop and killing it
PR_SET_PDEATHSIG = 1


class AlreadyRunning(Exception):
    """Another process holds this data folder."""


def lock(data_dir: Path) -> IO[str]:
    """Hold the data folder for this process; the lock goes with the process, however it ends."""
    file = (data_dir / "embedded.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise AlreadyRunning(
            f"TrustSR is already running with {data_dir}; stop it, or set TRUSTSR_DATA_DIR to another folder."
        ) from None
    return file


def die_with_parent() -> None:
    """Linux: the kernel stops this child when the launcher dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process that should be running. `before` runs before each start, for example to free dead leases."""

    name: str
    command: list[str]
    log: Path
    before: Callable[[], object] = lambda: None
    pause: float = FIRST_PAUSE
    started: float = 0.0
    retry_at: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        self.before()
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.started, self.retry_at = time.monotonic(), 0.0
        with self.log.open("ab") as log:
            # An own process group: Ctrl-C reaches the launcher alone, which then stops its children in order.
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=die_with_parent,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def watch(self) -> bool:
        """Start the child again when it has died; each quick death waits twice as long. True when it had died."""
        now = time.monotonic()
        if self.running or now < self.retry_at:
            return False
        if self.retry_at:
            self.start()
            return False
        self.pause = FIRST_PAUSE if now - self.started > CALM else min(2 * self.pause, LONGEST_PAUSE)
        self.retry_at = now + self.pause
        return True

    def stop(self) -> None:
        if self.process is not None and self.running:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait for the end until `deadline` (monotonic seconds), then kill the whole group."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def stop_all(children: list[Child]) -> None:
    for child in children:
        child.stop()
    deadline = time.monotonic() + PATIENCE
    for child in children:
        child.wait(deadline)


def web_command(host: str, port: int) -> list[str]:
    """gunicorn with threads: requests wait for the database, not for the processor."""
    return [
        sys.executable, "-m", "gunicorn", "trustsr.wsgi", "--bind", f"{host}:{port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", "8", "--no-control-socket", "--graceful-timeout", "3", "--log-level", "warning",
    ]  # fmt: skip


def worker_command() -> list[str]:
    """One worker for both queues. The solo pool: a killed worker leaves no child behind."""
    return [
        sys.executable, "-m", "celery", "-A", "trustsr", "worker", "-Q", "gpu,cpu", "--pool", "solo",
        "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "warning",
    ]  # fmt: skip
