"""From start to first page on an empty data folder, migrations included; memory of the web processes; no torch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.common import descendants, free_port, own_data_dir, resident_mib, table

RUNS = 5


def first_page() -> tuple[float, float, bool]:
    """(seconds to the first answered page, MiB of the web processes, is torch loaded in them?)."""
    with own_data_dir():
        port = free_port()
        began = time.perf_counter()
        command = [sys.executable, "manage.py", "demo", "--port", str(port)]
        launcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            page(f"http://127.0.0.1:{port}/")
            seconds = time.perf_counter() - began
            for _ in range(20):
                page(f"http://127.0.0.1:{port}/")
            web = [pid for pid in descendants(launcher.pid) if "gunicorn" in command_line(pid)]
            return seconds, sum(map(resident_mib, web)), any(has_torch(pid) for pid in web)
        finally:
            launcher.send_signal(signal.SIGINT)
            launcher.wait()


def page(url: str) -> None:
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.02)


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def has_torch(pid: int) -> bool:
    return "libtorch" in Path(f"/proc/{pid}/maps").read_text()


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    runs = sorted(first_page() for _ in range(RUNS))
    seconds = [run[0] for run in runs]
    table(
        f"Start to first page, {RUNS} runs, empty data folder",
        ["median s", "worst s", "web processes MiB (PSS)", "torch in web"],
        [
            [
                f"{seconds[RUNS // 2]:.2f}",
                f"{seconds[-1]:.2f}",
                f"{max(r[1] for r in runs):.0f}",
                any(r[2] for r in runs),
            ]
        ],
    )
