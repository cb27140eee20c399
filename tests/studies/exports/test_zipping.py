"""The zip that streams: readable by others, the same bytes each time, a block in memory at most."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest

from studies.exports.manifest import with_manifest
from studies.exports.zipping import Member, zip_stream


def members() -> list[Member]:
    return [Member("a.csv", [b"x\r\n", b"1\r\n"]), Member("samples/0.png", [b"\x89PNG"]), Member("empty.txt", [])]


def test_the_stream_is_a_zip_that_others_read() -> None:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zip_stream(members(), "study"))))
    assert archive.testzip() is None
    assert archive.namelist() == ["study/a.csv", "study/samples/0.png", "study/empty.txt"]
    assert archive.read("study/a.csv") == b"x\r\n1\r\n"
    assert archive.getinfo("study/samples/0.png").compress_type == zipfile.ZIP_STORED
    assert archive.getinfo("study/a.csv").compress_type == zipfile.ZIP_DEFLATED


def test_the_same_members_are_the_same_bytes() -> None:
    assert b"".join(zip_stream(members(), "s")) == b"".join(zip_stream(members(), "s"))


def test_a_member_is_read_only_when_its_turn_comes() -> None:
    asked: list[int] = []

    def picture(number: int) -> Iterator[bytes]:
        asked.append(number)
        yield b"\0" * 100_000

    stream = zip_stream((Member(f"{n}.png", picture(n)) for n in range(100)), "s")
    next(stream)
    assert asked == [0]


def test_memory_does_not_grow_with_the_pool() -> None:
    """1,000 pictures of 256 KiB pass through; far less than ten of them is ever held."""
    pictures = (Member(f"{n}.png", (bytes(2**18) for _ in range(1))) for n in range(1000))
    tracemalloc.start()
    total = sum(map(len, zip_stream(with_manifest(pictures), "s")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 1000 * 2**18
    assert peak < 10 * 2**18


def test_an_error_leaves_no_archive_that_opens() -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError("gone")

    received: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        received.extend(zip_stream([Member("a.png", [b"whole"]), Member("b.png", broken())], "s"))
    assert received
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(received)))
