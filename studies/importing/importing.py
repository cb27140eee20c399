"""Importing a study from an export of another installation, or of this one.

The export is verified first, its pictures are stored by content, and then all rows in one transaction: an import that
fails leaves at most files that nothing names. Ensembles and figures are not taken over but made anew, from the samples
and the stored seeds, which gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from tqdm import tqdm

from studies.errors import StudyError
from studies.exports import design, layout
from studies.exports.bundle import Bundle, BundleError, open_bundle
from studies.exports.checks import is_public, read_json, sha256_of
from studies.exports.document import FILE as RESULTS
from studies.exports.manifest import MANIFEST
from studies.exports.verify import verified_bundle
from studies.importing import methods, people, pictures, pools, protocols, ratings, votes
from studies.models import Imported, Study
from studies.results import MADE
from studies.services.analysis import evaluation, evidence_work

_SHOWN = 5  # of what differs


@dataclass(frozen=True)
class Import:
    """created: False where the same export had been imported before. left_out: what the export has and the study not"""

    study: Study
    created: bool
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Had:
    """What had been made of the study where it was exported. items: positions of those with an ensemble"""

    items: tuple[int, ...]
    evidence: bool


def import_study(path: Path, owner: User, *, progress: bool = False) -> Import:
    """The study of an export, a folder or a zip, as a closed study that belongs to `owner`; whole or not at all.

    The same export again is the same study. progress: show bars on stderr.
    Raises StudyError, one sentence, for what does not verify or cannot be stored here, and StoreError.
    """
    try:
        bundle = open_bundle(path)
        digest = sha256_of(bundle, MANIFEST)
        known = Imported.objects.select_related("study").filter(digest=digest).first()
        if known is None:
            _refuse(bundle, progress)
        had, left_out = _had(read_json(bundle, RESULTS)), _left_out(bundle)  # what trips there comes before any row
        study = _import(bundle, digest, owner, progress) if known is None else known.study
        _make(study, had, progress)
        return Import(study, known is None, left_out)
    except BundleError as error:
        raise StudyError(str(error)) from None
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, DatabaseError) as error:
        # A stranger's file can have any shape; the value that tripped us tells where to look.
        value = " ".join(str(error).split())  # PostgreSQL tells it in several lines
        raise StudyError(f"The export cannot be imported: a value is missing or malformed ({value}).") from error


def _refuse(bundle: Bundle, progress: bool) -> None:
    if is_public(bundle):
        raise StudyError("This export is public and leaves out much of the study: import its internal export.")
    if design.FILE not in bundle.sizes:
        raise StudyError("This export was written before studies could be imported: export the study anew.")
    verdicts = tqdm(verified_bundle(bundle), desc="Verifying", unit="check", disable=not progress)
    found = [sentence for verdict in verdicts for sentence in verdict.found]
    if found:
        more = f" And {len(found) - _SHOWN} more." if len(found) > _SHOWN else ""
        raise StudyError(f"The export does not verify: {' '.join(found[:_SHOWN])}{more}")


def _import(bundle: Bundle, digest: str, owner: User, progress: bool) -> Study:
    results, setting = read_json(bundle, RESULTS), read_json(bundle, design.FILE)
    files = list(pictures.expected(results, setting, bundle.sizes))
    for file in tqdm(files, desc="Storing", unit="file", disable=not progress):
        pictures.put(bundle, file)
    with transaction.atomic():
        study = _rows(bundle, results, setting, digest, owner)
        version = results["versions"]["code"][:50]
        Imported.objects.create(study=study, digest=digest, code_version=version)
    return study


def _rows(bundle: Bundle, results: dict[str, Any], setting: dict[str, Any], digest: str, owner: User) -> Study:
    known = pools.weights(setting)
    study = protocols.create(results, setting, known, owner)
    made = pools.pools(study, results, setting, known, digest)
    pools.truths(made, results, {number for number in made if layout.truth(number) in bundle.sizes})
    enrolled = people.create(study, bundle, results)
    votes.create(study, bundle, enrolled, made)
    people.more(study, bundle, enrolled)
    uploaded = methods.create(study, setting, made)
    ratings.create(study, bundle, setting, ratings.Known(enrolled, made, uploaded))
    return study


def _had(results: dict[str, Any]) -> Had:
    """Exports from before there was evidence say nothing of it."""
    made = tuple(item["position"] for item in results["items"] if item["evaluation"]["state"] == MADE)
    return Had(made, bool(results.get("evidence")))


def _make(study: Study, had: Had, progress: bool) -> None:
    """Ensembles and figures of the items that had them, and evidence where there was some, made here and now."""
    items = study.items.main().filter(position__in=had.items).select_related("low_res", "study__weights")
    for item in tqdm(items, desc="Making ensembles", unit="item", disable=not progress):
        asked = evaluation.request(item)
        if asked is not None:
            evaluation.run(asked.pk)
    if had.evidence:
        evidence_work.run(study)


def _left_out(bundle: Bundle) -> tuple[str, ...]:
    """Of exports that were written before these were in them."""
    setting = read_json(bundle, design.FILE)
    unknown = methods.missing(setting, read_json(bundle, RESULTS)), ratings.missing(bundle, setting)
    return tuple(what for what in unknown if what)
