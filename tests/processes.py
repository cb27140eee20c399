"""An installation of its own for tests whose point is separate processes: workers that die, brokers, databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tiny import write_entry_point, write_weights

PROJECT = Path(__file__).resolve().parent.parent
WORKER = (
    *("-m", "celery", "-A", "trustsr", "worker", "-Q", "gpu,cpu", "--pool", "solo"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)

# A job and an ensemble, waited for: both queues of a worker.
DRAW_AND_FUSE = """
import time, numpy as np
from inference import services
from inference.core.images import encode_png
def wait(row, field):
    end = time.monotonic() + 120
    while not getattr(row, field):
        assert time.monotonic() < end, row
        time.sleep(0.1)
        row.refresh_from_db()
low_res = services.store_low_res(encode_png(np.zeros((5, 5, 1), np.uint8)))
job = services.request_generation(low_res, "tiny", "grey", range(3))
wait(job, "finished_at")
assert job.state == "done", job.error
wait(services.request_ensemble(job.samples.all()), "made_at")
"""


class Site:
    """Data folder, settings and the sampler `tiny`, as processes see them."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.data = folder / "site"
        write_weights(self.data / "weights")
        write_entry_point(folder / "plugins")
        clean = {key: text for key, text in os.environ.items() if key not in ("DATABASE_URL", "CELERY_BROKER_URL")}
        self.environment = clean | {
            "DJANGO_SETTINGS_MODULE": "trustsr.settings",
            "TRUSTSR_DATA_DIR": str(self.data),
            "TRUSTSR_DEVICE": "cpu",
            "PYTHONPATH": os.pathsep.join([str(folder / "plugins"), str(PROJECT)]),
            "OMP_NUM_THREADS": "1",
            **environment,
        }

    def run(self, *arguments: str) -> str:
        """Run `python ARGUMENTS` to its end; what it printed."""
        command = [sys.executable, *arguments]
        ended = subprocess.run(command, env=self.environment, cwd=PROJECT, capture_output=True, text=True, timeout=300)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def django(self, program: str) -> str:
        return self.run("-c", f"import django; django.setup()\n{program}")

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """`python ARGUMENTS`, killed at the end where it still runs."""
        log = (self.data / "processes.log").open("ab")
        options = {"env": self.environment, "cwd": PROJECT, "stdout": log, "stderr": log}
        with log, subprocess.Popen([sys.executable, *arguments], **options) as one:
            try:
                yield one
            finally:
                if one.poll() is None:
                    one.send_signal(signal.SIGKILL)

    def log(self) -> str:
        return (self.data / "processes.log").read_text()
