"""Reading an export back, from a folder or a zip, as a stranger's: nothing is unpacked, no link is followed."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

#: Largest file that is read whole; tables are read line by line, whatever their size.
MAX_WHOLE = 512 * 2**20
MAX_FILES = 2_000_000
_BLOCK = 2**20


class BundleError(Exception):
    """What is given is no export, or a file in it cannot be read; the message is one sentence."""


class Bundle(ABC):
    """The files of an export by their path in it.

    sizes: path -> bytes, as the folder or archive declares them
    strange: what should not be there, one sentence each (links, names that lead outside, repeated names)
    documents: path -> content of the JSON files read so far, see `checks.read_json`
    """

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.strange: list[str] = []
        self.documents: dict[str, Any] = {}

    @abstractmethod
    def open(self, path: str) -> IO[bytes]:
        """The file, to be closed by the caller; raises BundleError when it is not there."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, block by block; raises BundleError."""
        try:
            with self.open(path) as file:
                while block := file.read(_BLOCK):
                    yield block
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
            raise BundleError(f"{path} cannot be read: it is damaged.") from None

    def read(self, path: str) -> bytes:
        """A whole file of at most MAX_WHOLE bytes, whatever size it declares; raises BundleError."""
        data = bytearray()
        for block in self.chunks(path):
            data += block
            if len(data) > MAX_WHOLE:
                raise BundleError(f"{path} is larger than {MAX_WHOLE // 2**20} MiB, too large to be part of an export.")
        return bytes(data)

    def lines(self, path: str) -> Iterator[str]:
        """The lines of a text file with their ends, for a CSV reader; raises BundleError."""
        try:
            with self.open(path) as file:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                while line := text.readline(_BLOCK):
                    if len(line) == _BLOCK:
                        raise BundleError(f"{path} has a line of more than {_BLOCK:,} characters: it is damaged.")
                    yield line
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError):
            raise BundleError(f"{path} cannot be read: it is damaged.") from None

    def _add(self, path: str, size: int) -> None:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or "\\" in path or ".." in parts or not parts:
            self.strange.append(f"{path!r} is a name that leads outside the export.")
        elif path in self.sizes:
            self.strange.append(f"{path} is there twice.")
        elif len(self.sizes) >= MAX_FILES:
            raise BundleError(f"There are more than {MAX_FILES:,} files: this is no export.")
        else:
            self.sizes[path] = size


class FolderBundle(Bundle):
    """An export in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        for parent, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted([*folders, *files]):
                path = Path(parent, name)
                relative = path.relative_to(folder).as_posix()
                if path.is_symlink():
                    self.strange.append(f"{relative} is a link, not a file.")
                elif path.is_file():
                    self._add(relative, path.stat().st_size)

    def open(self, path: str) -> IO[bytes]:
        if path not in self.sizes:
            raise BundleError(f"{path} is missing.")
        return (self._folder / path).open("rb")


class ZipBundle(Bundle):
    """An export as the zip that was downloaded: all its files stand in one folder."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        try:
            self._archive = zipfile.ZipFile(file)
        except (OSError, zipfile.BadZipFile, ValueError):
            raise BundleError(f"{file} is not a whole zip archive: copy or download it again.") from None
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in self._archive.infolist():
            _, _, path = info.filename.partition("/")
            if info.is_dir():
                continue
            if info.external_attr >> 28 == 0o12:
                self.strange.append(f"{info.filename} is a link, not a file.")
                continue
            self._add(path or info.filename, info.file_size)
            self._members.setdefault(path or info.filename, info)

    def open(self, path: str) -> IO[bytes]:
        if path not in self.sizes:
            raise BundleError(f"{path} is missing.")
        try:
            return self._archive.open(self._members[path])
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
            raise BundleError(f"{path} cannot be read: it is damaged.") from None


def open_bundle(path: Path) -> Bundle:
    """The export at a path; raises BundleError when there is none."""
    if path.is_dir():
        return FolderBundle(path)
    if path.is_file():
        return ZipBundle(path)
    raise BundleError(f"There is no folder or zip at {path}.")
