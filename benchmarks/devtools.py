"""Chromium without a testing library: one page, driven by expressions over a pipe.

Playwright and its like listen to the network, for which Chromium keeps every answer in the page's process: memory
measured beside them grows with each picture. Here nothing listens.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Page:
    """A page, and the pipe to the browser that has it."""

    def __init__(self, reading: int, writing: int) -> None:
        self._in, self._out = os.fdopen(reading, "rb", buffering=0), os.fdopen(writing, "wb", buffering=0)
        self._number, self._rest = 0, b""
        target = self.browser("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.browser("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def browser(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._ask({"method": method, "params": parameters})

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._ask({"method": method, "params": parameters, "sessionId": self._session})

    def evaluate(self, expression: str) -> Any:
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait(self, expression: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            time.sleep(0.05)

    def drawing_process(self) -> int:
        """The id of the process that draws the page: of those that draw no part of the browser, the busiest."""
        processes = self.browser("SystemInfo.getProcessInfo")["processInfo"]
        own = [one for one in processes if one["type"] == "renderer" and not _draws_browser(one["id"])]
        return int(max(own, key=lambda one: one["cpuTime"])["id"])

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._out.write(json.dumps({"id": self._number, **message}).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            pass
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return dict(answer["result"])

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            self._rest += os.read(self._in.fileno(), 65536)
        line, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(line))


def _draws_browser(pid: int) -> bool:
    return b"--top-chrome-webui" in Path(f"/proc/{pid}/cmdline").read_bytes()


@contextmanager
def open_page(flags: list[str], width: int = 1440, height: int = 900) -> Iterator[Page]:
    """A Chromium of its own, gone at the end. It reads at descriptor 3 and writes at 4."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
    (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:  # its children may still write
        options = [
            "--headless",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
        ]
        command = ["sh", "-c", 'exec "$0" "$@" 3<&"$IN" 4>&"$OUT"', path, *options, *flags]
        places = {**os.environ, "IN": str(their_in), "OUT": str(their_out)}
        browser = subprocess.Popen(
            command, env=places, pass_fds=(their_in, their_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(their_in)
        os.close(their_out)
        try:
            yield Page(our_in, our_out)
        finally:
            browser.kill()
            browser.wait()
