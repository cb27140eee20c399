"""A zip archive that is written while it is read: no temporary file, the memory of one block."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

# The same content gives the same archive: the earliest time that a zip can hold, for every file.
_TIME = (1980, 1, 1, 0, 0, 0)
_COMPRESSED_ALREADY = {".png", ".tiff"}
_BLOCK = 64 * 2**10


@dataclass(frozen=True)
class Member:
    """One file of an export: where it stands, its bytes, made when they are asked for, and what the manifest adds."""

    path: str
    chunks: Iterable[bytes]
    facts: Mapping[str, Any] = field(default_factory=dict)


class _Outlet(io.RawIOBase):
    """What zipfile writes to: it cannot seek, and is emptied after each block."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = bytes(data)
        self._blocks.append(block)
        return len(block)

    def take(self) -> bytes:
        taken, self._blocks = b"".join(self._blocks), []
        return taken


def zip_stream(members: Iterable[Member], folder: str) -> Iterator[bytes]:
    """The members as one zip archive under `folder`, in their order, block by block.

    Pictures are stored as they are, all else is deflated. An error of a member ends the stream before the
    archive's directory is written, so that what arrived can not be taken for whole.
    """
    outlet = _Outlet()
    archive = zipfile.ZipFile(outlet, "w")
    for member in members:
        # Only a table can pass 2 GiB; sizes of 64 bits would puzzle older readers of the rest.
        large = member.path.endswith(".csv")
        with archive.open(_info(f"{folder}/{member.path}"), "w", force_zip64=large) as file:
            for block in _blocks(member.chunks):
                file.write(block)
                if taken := outlet.take():
                    yield taken
        yield outlet.take()
    archive.close()
    yield outlet.take()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    stored = PurePosixPath(name).suffix in _COMPRESSED_ALREADY
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces worth writing: single lines of a table would be slow."""
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        if len(gathered) >= _BLOCK:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
