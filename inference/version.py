"""Which code made a picture: the release and, in a checkout, its commit. Stored with all that is computed."""

from __future__ import annotations

import subprocess
import tomllib
from functools import lru_cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def code_version() -> str:
    """Such as ``0.1.0+f7c6524be892``, ``.changed`` added where the checkout has uncommitted changes."""
    release: str = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    return f"{release}{_commit()}"


def _commit() -> str:
    """Empty outside a checkout. A repository around the project is not asked: its commits are not ours."""
    if not (PROJECT / ".git").exists():
        return ""
    command = ["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=.changed"]
    try:
        answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"+{answer.stdout.strip()}"
