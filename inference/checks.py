"""System checks: what would otherwise be noticed only when a picture cannot be stored."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.files)
def data_folder(**kwargs: Any) -> list[CheckMessage]:
    """inference.E001: the data folder cannot be written; inference.W001: others may look into an embedded one."""
    folder = Path(settings.DATA_DIR)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        hint = "Free some space, or let the user of this process write there, or set TRUSTSR_DATA_DIR."
        return [
            Error(f"The data folder {folder} cannot be written ({error.strerror}).", hint=hint, id="inference.E001")
        ]
    mode = folder.stat().st_mode & 0o777
    if settings.EMBEDDED and mode & 0o077 and os.name == "posix":
        hint = f"It holds the database and the secret key: chmod 700 {folder}"
        return [Warning(f"The data folder {folder} is open to others ({mode:o}).", hint=hint, id="inference.W001")]
    return []
