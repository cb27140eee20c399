"""Files by content: a file's name is the sha256 of its bytes, so the same content is the same file.

Functions take `storage` where it is not the store of shown files (ground truth has its own).
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

Folder = Literal["low_res", "samples", "ensembles", "truth", "pictures", "methods", "stimuli", "reports"]
Suffix = Literal[".png", ".tiff", ".html", ".pdf"]

DISK_FULL = "The disk is full: free some space (or move the data folder to a larger disk), then start again."

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class StoreError(Exception):
    """A file that could not be stored or read back; the message is one sentence with what to do."""


def path_name(sha256: str, folder: Folder, suffix: Suffix) -> str:
    """The name within a storage."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is not a sha256.")
    return f"{folder}/{sha256[:2]}/{sha256}{suffix}"


def put(data: bytes, folder: Folder, suffix: Suffix, *, storage: Storage | None = None) -> str:
    """Store the bytes and return their sha256. Whole or not at all; raises StoreError, as when the disk is full."""
    storage = storage or storages["default"]
    sha256 = hashlib.sha256(data).hexdigest()
    name = path_name(sha256, folder, suffix)
    try:
        if isinstance(storage, FileSystemStorage):
            _write(Path(storage.path(name)), data)
        elif not storage.exists(name):
            _save(storage, name, data)
    except OSError as error:
        raise _cannot_store(name, error) from error
    return sha256


def put_all(files: Sequence[bytes], folder: Folder, suffix: Suffix) -> list[str]:
    """Store several files as `put` does, together: a disk confirms many files in the time of one."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(partial(put, folder=folder, suffix=suffix), files))


def get(sha256: str, folder: Folder, suffix: Suffix, *, storage: Storage | None = None) -> bytes:
    """The stored bytes, verified by their hash; raises StoreError for a missing, unreadable or changed file."""
    storage = storage or storages["default"]
    name = path_name(sha256, folder, suffix)
    try:
        with storage.open(name, "rb") as file:
            data: bytes = file.read()
    except FileNotFoundError:
        raise StoreError(f"The stored file {name} is missing: restore it from a backup.") from None
    except OSError as error:
        raise StoreError(f"The stored file {name} cannot be read: {error.strerror or error}.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(f"The stored file {name} has changed since it was stored: restore it from a backup.")
    return data


def _write(path: Path, data: bytes) -> None:
    """Always written anew, which also mends a damaged file of that name."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            # A row must not outlive its file when the power fails.
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _save(storage: Storage, name: str, data: bytes) -> None:
    saved = storage.save(name, ContentFile(data))
    if saved != name:  # somebody else stored the same content first and the storage gave ours another name
        storage.delete(saved)


def _cannot_store(name: str, error: OSError) -> StoreError:
    if error.errno in _FULL:
        return StoreError(DISK_FULL)
    return StoreError(f"The file {name} cannot be stored ({error.strerror or error}): mend that, then start again.")
