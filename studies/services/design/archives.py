"""Zip archives that strangers sent: every limit is checked before, and again while, a member is unpacked."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.base import File

from studies.errors import IntakeError

MAX_MEMBERS = 10_000
MAX_TOTAL = 512 * 2**20
MAX_RATIO = 200
# Tiny members compress well without meaning harm.
RATIO_FROM = 2**20
TRUTH_FOLDERS = ("truth", "hr")
#: 7_truth.png is the truth of 7.png beside it, in an archive as among single files.
TRUTH_ENDING = "_truth"
LR_FOLDERS = ("", "lr")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Member:
    """One LR image of an archive, with its truth where there is one. name: without folder and ending."""

    path: str
    name: str
    image: bytes
    truth: bytes | None


def read_members(file: File | BinaryIO | bytes) -> Iterator[Member]:
    """LR images of an archive in the natural order of their names, one in memory at a time.

    The whole list is checked before the first is unpacked. Raises IntakeError, one sentence.
    """
    stream: Any = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        with zipfile.ZipFile(stream) as archive:
            yield from _read(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError):
        raise IntakeError("The archive is not a zip file, or it is damaged.") from None


def _read(archive: zipfile.ZipFile) -> Iterator[Member]:
    members = _checked(archive.infolist())
    images, truths = _paired(members)
    for stem, info in sorted(images.items(), key=lambda pair: _natural(pair[0])):
        truth = truths.get(stem)
        yield Member(
            path=info.filename,
            name=stem,
            image=_unpacked(archive, info),
            truth=None if truth is None else _unpacked(archive, truth),
        )


def _checked(infos: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The files of the archive, without folders and the hidden files that systems add."""
    if len(infos) > MAX_MEMBERS:
        raise IntakeError(f"The archive has {len(infos):,} members, more than the limit of {MAX_MEMBERS:,}.")
    for info in infos:
        _check_safe(info)
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        raise IntakeError(f"Unpacked, the archive is larger than the limit of {MAX_TOTAL // 2**20} MiB.")
    files = [info for info in infos if not info.is_dir() and not _hidden(info)]
    for info in files:
        if PurePosixPath(info.filename).suffix.lower() in _ARCHIVES:
            raise IntakeError(f"{info.filename} is an archive inside the archive: unpack it first.")
    return files


def _check_safe(info: zipfile.ZipInfo) -> None:
    # Backslashes separate folders for Windows tools that break the zip specification.
    path = info.filename.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
        raise IntakeError(f"The archive names a file outside itself ({info.filename}): it is not opened.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise IntakeError(f"{info.filename} is a link, not a file: put the image itself into the archive.")
    if info.flag_bits & _ENCRYPTED:
        raise IntakeError(f"{info.filename} is encrypted: send the archive without a password.")
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * info.compress_size:
        raise IntakeError(f"{info.filename} unpacks to more than {MAX_RATIO} times its size: it is not opened.")
    if info.file_size > settings.TRUSTSR_MAX_UPLOAD_BYTES:
        limit = settings.TRUSTSR_MAX_UPLOAD_BYTES / 2**20
        raise IntakeError(f"{info.filename} is larger than the limit of {limit:.4g} MiB.")


def _hidden(info: zipfile.ZipInfo) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(info.filename).parts)


def _paired(files: list[zipfile.ZipInfo]) -> tuple[dict[str, zipfile.ZipInfo], dict[str, zipfile.ZipInfo]]:
    """LR images and truths by stem. A folder around everything, as some systems make, is looked through."""
    images: dict[str, zipfile.ZipInfo] = {}
    truths: dict[str, zipfile.ZipInfo] = {}
    around = _folder_around(files)
    for info in files:
        path = PurePosixPath(info.filename.replace("\\", "/")).relative_to(around)
        folder = str(path.parent).lower().removeprefix(".")
        if folder not in (*LR_FOLDERS, *TRUTH_FOLDERS):
            raise IntakeError(f"{info.filename}: put LR images at the top or into lr/, and truths into truth/.")
        hidden = folder in TRUTH_FOLDERS or path.stem.endswith(TRUTH_ENDING)
        group, name = (truths, path.stem.removesuffix(TRUTH_ENDING)) if hidden else (images, path.stem)
        if name in group:
            raise IntakeError(f"{info.filename}: there is another image of the same name.")
        group[name] = info
    if lonely := sorted(set(truths) - set(images)):
        raise IntakeError(f"{truths[lonely[0]].filename} has no LR image of the same name.")
    if not images:
        raise IntakeError("The archive has no images in it.")
    return images, truths


def _folder_around(files: list[zipfile.ZipInfo]) -> str:
    tops = {
        info.filename.replace("\\", "/").partition("/")[0] for info in files if "/" in info.filename.replace("\\", "/")
    }
    all_inside = all("/" in info.filename.replace("\\", "/") for info in files)
    top = tops.pop() if len(tops) == 1 else ""
    return top if all_inside and top.lower() not in (*LR_FOLDERS, *TRUTH_FOLDERS) else ""


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The member's bytes, never more than it declared: the declaration is only a claim."""
    with archive.open(info) as member:
        data = member.read(info.file_size + 1)
    if len(data) > info.file_size:
        raise IntakeError(f"{info.filename} unpacks to more than it declares: it is not opened.")
    return data


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key by which image2 comes before image10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in re.split(r"(\d+)", name)]
