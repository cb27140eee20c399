"""The embedded site's processes: one launcher per data folder, children that come back, a stop that leaves nobody."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studies.demo import processes
from studies.demo.processes import AlreadyRunning, Child

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_data_folder_has_one_launcher(tmp_path: Path) -> None:
    with processes.lock(tmp_path), pytest.raises(AlreadyRunning, match="already running"):
        processes.lock(tmp_path)
    processes.lock(tmp_path).close()


def test_a_killed_child_is_started_again_after_what_must_come_before(tmp_path: Path) -> None:
    before: list[str] = []
    child = Child("sleeper", SLEEP, tmp_path / "logs" / "sleeper.log", before=lambda: before.append("freed"))
    try:
        child.start()
        assert child.process is not None
        first = child.process.pid
        os.kill(first, signal.SIGKILL)
        child.process.wait()
        assert child.watch(), "the death is noticed"
        eventually(lambda: child.watch() or child.running)
        assert child.process.pid != first
        assert before == ["freed", "freed"]
    finally:
        processes.stop_all([child])


def test_a_child_that_dies_at_once_is_not_started_ever_faster(tmp_path: Path) -> None:
    child = Child("dying", [sys.executable, "-c", "raise SystemExit(1)"], tmp_path / "dying.log")
    pauses = []
    for _ in range(3):
        child.start()
        assert child.process is not None
        child.process.wait()
        child.watch()
        pauses.append(child.pause)
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 4 * processes.FIRST_PAUSE


def test_stop_ends_even_a_child_that_does_not_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.3)
    children = [Child("meek", SLEEP, tmp_path / "meek.log"), Child("stubborn", STUBBORN, tmp_path / "stubborn.log")]
    for child in children:
        child.start()
    for child in children:
        eventually(lambda child=child: "up" in child.log.read_text())  # type: ignore[misc]
    processes.stop_all(children)
    assert not any(child.running for child in children)
