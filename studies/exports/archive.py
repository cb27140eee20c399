"""An export as a zip that streams: the same study in the same state gives the same bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from studies.exports import contents
from studies.exports.manifest import with_manifest
from studies.exports.zipping import zip_stream
from studies.models import Study


def stream(study: Study, *, truth: bool = False) -> Iterator[bytes]:
    """The blocks of the zip. Ballots and results are taken at the call, as one consistent state.

    Raises StoreError at the call, before the first block, for a stored file that is missing or changed.
    """
    content = contents.gather(study, truth=truth)
    content.check_files()
    return zip_stream(with_manifest(content.members()), safe_name(study))


def filename(study: Study) -> str:
    """The name of the download: plain ASCII, whatever the study is called."""
    return f"{safe_name(study)}.zip"


def safe_name(study: Study) -> str:
    """The study's name in ASCII letters, digits and dashes, made unique by its number."""
    plain = unicodedata.normalize("NFKD", study.name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:60].strip("-")
    return f"trustsr-{words or 'study'}-{study.pk}"
