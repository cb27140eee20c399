"""Where static files are served: under a path that changes with their content, so that browsers may keep them for ever.

The whole folder has one version, so modules find each other by relative paths, without a build step.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

#: Whose static files are served beside our own, as they come with the package.
PACKAGES = ("django", "django-htmx", "djangorestframework")
_COMPRESSED = (".gz", ".br")  # made from the files beside them


def versioned_url(folder: Path, packages: tuple[str, ...] = ()) -> str:
    """`static/VERSION/`, of every file in the folder by name and content, and of these packages by their version."""
    digest = hashlib.sha256("|".join(version(name) for name in packages).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in _COMPRESSED:
            name = path.relative_to(folder).as_posix()
            digest.update(f"|{name}|{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return f"static/{digest.hexdigest()[:16]}/"


def for_ever(path: str, url: str) -> bool:
    """What whitenoise asks of each file: may browsers keep it without asking again?"""
    return True
