"""What was asked, checked: the protocol's digest, and every consent text that somebody agreed to.

Exports made before consent texts were kept say nothing of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from studies.exports import consent, participants
from studies.exports.bundle import Bundle
from studies.exports.checks import is_public, read_json, sha256_of, table
from studies.exports.document import FILE as RESULTS
from studies.exports.manifest import MANIFEST
from studies.results import protocol_sha256


def digest(bundle: Bundle) -> Iterator[str]:
    """The digest of the protocol, and that of the consent text in it."""
    results = read_json(bundle, RESULTS)
    protocol = results["protocol"]
    if (found := protocol_sha256(protocol)) != results["protocol_sha256"]:
        yield f"The protocol has the sha256 {found}, {RESULTS} says {results['protocol_sha256']}."
    if hashlib.sha256(protocol["consent_text"].encode()).hexdigest() != protocol["consent_sha256"]:
        yield f"The consent text in {RESULTS} is not the one that its sha256 names."


def consents(bundle: Bundle) -> Iterator[str]:
    """Each text is the one that its sha256 names; every participant agreed to one, where it is said to which."""
    if consent.FILE not in read_json(bundle, MANIFEST)["files"]:
        return
    known = set()
    for row in table(bundle, consent.FILE):
        known.add(row["sha256"])
        if row["file"] != consent.path(row["sha256"], row["language"]):
            yield f"{consent.FILE} names {row['file']}, which is not the place of this text."
        elif sha256_of(bundle, row["file"]) != row["sha256"]:
            yield f"{row['file']} is not the text that its sha256 names."
    for row in table(bundle, participants.FILE) if not is_public(bundle) else ():
        if row["consent_sha256"] not in known:
            yield f"Participant {row['participant']}: the text that they agreed to is not in {consent.FILE}."
