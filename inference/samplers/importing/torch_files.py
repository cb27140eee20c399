"""Files that `torch.save` wrote, zip and older format, without torch's own unpickling; numbers stay on disk till used.

Layouts as torch writes them: a zip holds ``<folder>/data.pkl`` and one uncompressed ``<folder>/data/<key>`` per
storage; the older format is five pickles (a mark, a version, facts on the machine, the object, the storages' keys),
then for each key a count of elements (int64) and their bytes.
"""

from __future__ import annotations

import io
import math
import mmap
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch

from inference.core.weights import WeightsError
from inference.samplers.importing.unpickling import DataUnpickler, Stored

MARK = 0x1950A86A20F9469CFC6C
ZIP = b"PK\x03\x04"
LOCAL_HEADER = struct.Struct("<26xHH")  # of a zip's member: the lengths of its name and of its extra field
OTHER_MACHINE = "{} was written on a machine with another order of bytes: save it again on this one."


@dataclass(frozen=True)
class TorchFile:
    """What was saved, with `Stored` in place of tensors, and where each storage's bytes lie: key -> (start, length)."""

    content: Any
    places: dict[str, tuple[int, int]]
    pages: mmap.mmap

    def tensor(self, stored: Stored) -> torch.Tensor:
        """The tensor, on the file's own pages: only what is looked at is read, and nothing is written back."""
        storage = stored.storage
        width = storage.dtype.itemsize
        start, available = self.places[storage.key]
        if available < storage.length * width:
            raise ValueError("a storage is shorter than it says")
        count = math.prod(stored.size)
        if count > storage.length:
            raise ValueError("a tensor is larger than its numbers")
        if count == 0:
            return torch.empty(stored.size, dtype=storage.dtype)
        if start % width:
            flat = torch.frombuffer(self.pages, dtype=torch.uint8, count=storage.length * width, offset=start)
            flat = flat.clone().view(storage.dtype)
        else:
            flat = torch.frombuffer(self.pages, dtype=storage.dtype, count=storage.length, offset=start)
        return flat.as_strided(stored.size, stored.stride, stored.offset)


def read_torch_file(path: Path) -> TorchFile:
    """Open a checkpoint; WeightsError for one that is cut off, is something else, or holds code."""
    with path.open("rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        try:
            if file.read(4) == ZIP:
                return _from_zip(file, pages, path.name)
            file.seek(0)
            return _from_pickles(file, pages, path.name)
        except WeightsError:
            raise
        except (zipfile.BadZipFile, EOFError, struct.error) as error:
            raise WeightsError(f"{path.name} is cut off or damaged: fetch it again.") from error
        except Exception as error:  # a damaged pickle can raise almost anything
            raise WeightsError(
                f"{path.name} cannot be read: it is damaged, or no checkpoint that torch or safetensors wrote."
            ) from error


def _from_zip(file: IO[bytes], pages: mmap.mmap, name: str) -> TorchFile:
    with zipfile.ZipFile(file) as archive:
        members = {member.filename: member for member in archive.infolist()}
        pickles = [member for member in members if member.endswith("/data.pkl") and member.count("/") == 1]
        if len(pickles) != 1:
            raise WeightsError(f"{name} is a zip file, but not one that torch wrote.")
        folder = pickles[0].removesuffix("data.pkl")
    places = {member.removeprefix(folder): _place(info, pages) for member, info in members.items()}
    if "byteorder" in places and _bytes(pages, *places["byteorder"]) != b"little":
        raise WeightsError(OTHER_MACHINE.format(name))
    content = DataUnpickler(io.BytesIO(_bytes(pages, *places["data.pkl"])), name).load()
    storages = {key.removeprefix("data/"): place for key, place in places.items() if key.startswith("data/")}
    return TorchFile(content, storages, pages)


def _bytes(pages: mmap.mmap, start: int, length: int) -> bytes:
    return pages[start : start + length]


def _place(member: zipfile.ZipInfo, pages: mmap.mmap) -> tuple[int, int]:
    """Where a member's bytes lie: behind its local header, whose extra field differs from the directory's."""
    if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
        raise zipfile.BadZipFile("a compressed or encrypted storage")
    name, extra = LOCAL_HEADER.unpack_from(pages, member.header_offset)
    start = member.header_offset + LOCAL_HEADER.size + name + extra
    if start + member.file_size > len(pages):
        raise EOFError
    return start, member.file_size


def _from_pickles(file: IO[bytes], pages: mmap.mmap, name: str) -> TorchFile:
    if DataUnpickler(file, name).load() != MARK:
        raise WeightsError(f"{name} is a pickle, but not a checkpoint that torch wrote.")
    _version, machine = DataUnpickler(file, name).load(), DataUnpickler(file, name).load()
    if not machine["little_endian"]:
        raise WeightsError(OTHER_MACHINE.format(name))
    unpickler = DataUnpickler(file, name)
    content = unpickler.load()
    keys = DataUnpickler(file, name).load()
    places, position = {}, file.tell()
    for key in keys:
        (count,) = struct.unpack_from("<q", pages, position)
        length = count * unpickler.storages[key].dtype.itemsize
        places[key] = (position + 8, length)
        position += 8 + length
        if count < 0 or position > len(pages):
            raise EOFError
    return TorchFile(content, places, pages)
