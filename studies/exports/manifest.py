"""The manifest of an export: sha256 and size of every other file, taken as the bytes pass by, and its origin."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from studies.exports.zipping import Member

MANIFEST = "manifest.json"


def with_manifest(members: Iterable[Member]) -> Iterator[Member]:
    """The members, and after them the manifest of what they turned out to be."""
    files: dict[str, dict[str, Any]] = {}
    for member in members:
        yield Member(member.path, _noted(member, files))
    yield Member(MANIFEST, [json.dumps({"files": files}, indent=1).encode() + b"\n"])


def _noted(member: Member, files: dict[str, dict[str, Any]]) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for chunk in member.chunks:
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    files[member.path] = {"sha256": digest.hexdigest(), "bytes": size, **member.facts}
