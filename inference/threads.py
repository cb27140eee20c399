"""How torch's threads wait for each other; imported before torch is."""

from __future__ import annotations

import os


def wait_passively() -> None:
    """Let threads sleep at barriers instead of spinning; an ``OMP_WAIT_POLICY`` of the environment wins.

    Where other work keeps a core busy, spinning threads burn the time that the thread they wait for would need:
    40 samples of a digit on 2 busy cores took 4 s asleep and more than 60 s spinning. Read when torch is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
