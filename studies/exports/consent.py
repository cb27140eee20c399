"""consent_versions.csv and consent/: every consent text that somebody has agreed to, as they read it."""

from __future__ import annotations

from collections.abc import Iterator

from studies.exports.cells import Value
from studies.exports.tables import Column
from studies.exports.zipping import Member
from studies.models import Study

FILE = "consent_versions.csv"
FOLDER = "consent"

COLUMNS = (
    Column("sha256", "sha256", "of the text, UTF-8; participants.csv says who agreed to which"),
    Column("language", "text", "in which it is written"),
    Column("first_agreed_at", "time", "when somebody first agreed to it", "ISO 8601, UTC"),
    Column("file", "text", "path of the text in this export"),
)


def path(sha256: str, language: str) -> str:
    return f"{FOLDER}/{sha256[:8]}.{language}.txt"


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Versions in the order in which they were first agreed to."""
    for version in study.consent_versions.all():
        yield version.sha256, version.language, version.first_agreed_at, path(version.sha256, version.language)


def members(study: Study) -> list[Member]:
    """The texts, byte for byte as their sha256 was taken."""
    versions = study.consent_versions.all()
    return [Member(path(version.sha256, version.language), [version.text.encode()]) for version in versions]
