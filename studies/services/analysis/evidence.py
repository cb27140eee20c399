"""Evidence of a study: asked for by people, worked out by a worker, kept in one row until the votes change.

Each figure is an estimator's result as JSON, with its name, version and the digest of what it was given. Reports and
exports read them from `StudyResults`; what is here is when they are made, and of which state of the votes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from inference import sending
from studies.models import Evidence, MethodImage, Rating, Study
from studies.results import BEING_MADE, FAILED, MADE, NOT_MADE, EvaluationResult, StudyResults
from studies.services.analysis import evaluation
from studies.services.tallies import Tally

VERSION = "4"
#: What follows from the ratings alone, among the figures over all items.
OF_RATINGS = ("opinion", "preferences", "naming", "retest")


def digest(study: Study, counted: Mapping[int, Tally]) -> str:
    """sha256 of the state of the votes: every item's counts, who has withdrawn, how they are read, uploaded methods.

    study: as read, see `versions.as_read`
    """
    content = [
        VERSION,
        study.seed,
        study.ensemble_size,
        study.tie_rule,
        study.plan,
        study.participants.filter(withdrawn_at__isnull=False).count(),
        _uploaded(study),
        [
            [pk, tally.votes.tolist(), tally.by_label.tolist(), tally.label_counts.tolist(), tally.ballots]
            for pk, tally in sorted(counted.items())
        ],
    ]
    return _sha256(content)


def ratings_digest(study: Study) -> str:
    """sha256 of the state of the ratings: a rating is given once and never changed, so that their keys tell it."""
    given = Rating.objects.given().filter(rater__phase__study=study)
    # The sum is a Decimal to some databases.
    return _sha256(
        {name: int(value or 0) for name, value in given.aggregate(count=Count("pk"), keys=Sum("pk")).items()}
    )


def _uploaded(study: Study) -> list[tuple[str, int, str]]:
    rows = MethodImage.objects.filter(method__study=study).order_by("method__name", "item")
    return list(rows.values_list("method__name", "item", "sha256"))


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def request(study: Study) -> None:
    """Have ensembles and evidence of the present votes made by a worker, after commit. What is made stays."""
    now = timezone.now()
    with transaction.atomic():
        evaluation.request_all(study)
        Evidence.objects.get_or_create(study=study)
        Evidence.objects.filter(study=study).update(error="", asked_at=now, made_at=None)
        transaction.on_commit(lambda: send(study.pk))


def send(study_pk: int) -> None:
    sending.send("studies.tasks.work_out", study_id=study_pk)


def waiting(since: datetime) -> list[int]:
    """Ids of studies whose evidence was asked for before this time and is neither made nor failed."""
    rows = Evidence.objects.filter(made_at=None, error="", asked_at__lt=since)
    return list(rows.values_list("study", flat=True))


def current(study: Study, state: str) -> dict[str, Any]:
    """The figures of this state of the votes, see `digest`; {} where they are not made.

    Without those of the ratings, where these are no longer as they were.
    """
    row = Evidence.objects.filter(study=study, digest=state).first()
    if row is None:
        return {}
    if row.ratings == ratings_digest(study):
        return row.figures
    over_all = {name: found for name, found in row.figures["study"].items() if name not in OF_RATINGS}
    return row.figures | {"study": over_all}


def missing(study: Study, found: StudyResults) -> bool:
    """Whether the answers allow figures that are not made. found: the study's results"""
    if not any(item.ballots for item in found.items):
        return False
    made = Evidence.objects.filter(study=study, ratings=ratings_digest(study))
    return not (found.evidence and made.exists())


def state(study: Study) -> tuple[str, str]:
    """Whether a worker is at it ("being made"), has failed, or neither; and what went wrong. One query."""
    row = Evidence.objects.filter(study=study).only("made_at", "error").first()
    if row is None or row.made_at is not None:
        return NOT_MADE, ""
    return (FAILED, row.error) if row.error else (BEING_MADE, "")


@dataclass(frozen=True)
class Progress:
    """state: "not made", "being made", "made" or "failed", of ensembles, variants and evidence together; error: why.

    being_made: parts that wait for a worker;  to_make: parts that the votes allow and nobody has asked for, or that
    have failed;  parts: one for each item, and one for the evidence
    """

    state: str
    error: str
    being_made: int
    to_make: int
    parts: int


def progress(study: Study, found: StudyResults) -> Progress:
    """How far a worker is with what the present votes allow. found: the study's results"""
    at, error = state(study)
    items = [(_item_state(item.evaluation), bool(item.selection.chosen)) for item in found.items]
    lacking = missing(study, found)
    being_made = sum(one == BEING_MADE for one, _ in items) + (at == BEING_MADE)
    to_make = sum(one in (NOT_MADE, FAILED) and voted for one, voted in items) + (lacking and at != BEING_MADE)
    failed = at == FAILED or any(one == FAILED for one, _ in items)
    made = bool(found.evidence) and not to_make
    over_all = BEING_MADE if being_made else FAILED if failed else MADE if made else NOT_MADE
    return Progress(over_all, error, being_made, to_make, len(items) + 1)


def _item_state(made: EvaluationResult) -> str:
    """Of the evaluation, and once that is made of its variants."""
    return made.variants.state if made.state == MADE else made.state
