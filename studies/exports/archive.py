"""An export as a zip that streams: the same study in the same state gives the same bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from studies.exports import contents, levels
from studies.exports.zipping import zip_stream
from studies.models import Study


def stream(study: Study, *, truth: bool = False, level: str = levels.INTERNAL) -> Iterator[bytes]:
    """The blocks of the zip. Ballots and results are taken at the call, as one consistent state. level: of `levels`.

    Raises StoreError at the call, before the first block, for a stored file that is missing or changed.
    """
    content = contents.gather(study, contents.Options(level, truth))
    content.check_files()
    return zip_stream(content.whole(), safe_name(study))


def filename(study: Study, level: str = levels.INTERNAL) -> str:
    """The name of the download: plain ASCII, whatever the study is called."""
    return f"{safe_name(study)}{'-public' if level == levels.PUBLIC else ''}.zip"


def safe_name(study: Study) -> str:
    """The study's name in ASCII letters, digits and dashes, made unique by its number."""
    plain = unicodedata.normalize("NFKD", study.name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:60].strip("-")
    return f"trustsr-{words or 'study'}-{study.pk}"
