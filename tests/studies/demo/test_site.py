"""`manage.py demo` as a person meets it: one command, two addresses, a worker that may die, nothing lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


class Site:
    """The demo in a process of its own, with what it printed."""

    def __init__(self, data: Path, output: Path) -> None:
        self.output = output
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", "8600", "--items", "1"],
            cwd=PROJECT,
            env=os.environ | {"TRUSTSR_DATA_DIR": str(data), "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
            stdout=output.open("w"),
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def said(self) -> str:
        return self.output.read_text()

    def until(self, condition: Callable[[], object], seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def address(self, what: str) -> str:
        found = re.search(rf"{what}\s+(http://\S+)", self.said())
        assert found, self.said()
        return found.group(1)

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def worker(self) -> int | None:
        for pid in self.children():
            if b"celery" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        if self.process.poll() is None:
            self.process.send_signal(by)
            self.process.wait(30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Site]]:
    sites: list[Site] = []

    def begin() -> Site:
        sites.append(Site(tmp_path / "data", tmp_path / f"output{len(sites)}"))
        return sites[-1]

    yield begin
    for site in sites:
        site.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_one_command_runs_the_site_and_goes_on_after_a_stop(start: Callable[[], Site]) -> None:
    first = start()
    first.until(lambda: "signs in at" in first.said())
    link = first.address("Participants vote at")
    assert "has not opened yet" in read(link) or "I agree" in read(link)

    # The worker dies in the middle of drawing; the launcher starts another, which goes on.
    first.until(first.worker)
    killed = first.worker()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    studies = first.said().count("/s/")
    first.until(lambda: first.said().count("The study is open.") == studies, seconds=300)
    assert first.worker() not in (None, killed)
    children = first.children()
    first.stop()
    assert first.process.returncode == 0
    assert "Nothing is lost" in first.said()
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)

    second = start()
    second.until(lambda: "signs in at" in second.said())
    assert second.address("Participants vote at").split("/s/")[1] == link.split("/s/")[1]
    assert "I agree" in read(second.address("Participants vote at"))
    assert "Drawing candidates" not in second.said()
    second.stop(by=signal.SIGTERM)
    assert second.process.returncode == 0


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())
