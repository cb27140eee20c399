"""The manifest of an export: sha256 and size of every other file, taken as the bytes pass by, and its origin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from studies.exports.zipping import Member

MANIFEST = "manifest.json"

INTERNAL, PUBLIC = "internal", "public"


#: Path -> sha256, bytes and more of each file.
Files = Mapping[str, dict[str, Any]]


def with_manifest(
    members: Iterable[Member], *, level: str = INTERNAL, describe: Callable[[Files], Iterable[Member]] | None = None
) -> Iterator[Member]:
    """The members, and after them the manifest of what they turned out to be.

    describe: further members, made from what the others turned out to be
    """
    files: dict[str, dict[str, Any]] = {}
    for member in members:
        yield Member(member.path, _noted(member, files))
    for member in describe(dict(files)) if describe else ():
        yield Member(member.path, _noted(member, files))
    yield Member(MANIFEST, [json.dumps({"level": level, "files": files}, indent=1).encode() + b"\n"])


def _noted(member: Member, files: dict[str, dict[str, Any]]) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for chunk in member.chunks:
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    files[member.path] = {"sha256": digest.hexdigest(), "bytes": size, **member.facts}
