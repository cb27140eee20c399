"""Answers of participants: the label first, a draft of picks, then one ballot per trial, once.

Everything is read and checked before a short transaction writes; unique constraints decide races, not locks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from studies.errors import VotingError
from studies.models import CANNOT_TELL, Ballot, Participant, Pick, Study, StudyState, Trial
from studies.services.ordering import candidate_ids
from studies.services.turns import own_turn

ANSWERED = "You have already answered this one: your first answer counts."


@dataclass(frozen=True)
class Cast:
    """An accepted ballot; `created` is False when this submission had arrived before."""

    ballot: Ballot
    created: bool


def current_trial(participant: Participant) -> Trial | None:
    """The participant's first trial without a ballot; None when all are answered or they have withdrawn."""
    if participant.withdrawn_at is not None:
        return None
    return participant.trials.filter(ballot=None).order_by("number").first()


def begin(trial: Trial) -> None:
    """Note when the trial was first shown."""
    if trial.started_at is None:
        with own_turn():
            Trial.objects.filter(pk=trial.pk, started_at=None).update(started_at=timezone.now())


def give_label(trial: Trial, label: str) -> Trial:
    """Store what the participant sees in the LR image; once given it stays. Repeating it is harmless.

    Raises VotingError: 400 for a label that is not offered, 403 when answers are not taken, 409 for another one.
    """
    trial = _load(trial)
    _check_open(trial)
    _check_offered(trial.participant.study, label)
    now = timezone.now()
    if trial.label == "" and not hasattr(trial, "ballot"):
        Trial.objects.filter(pk=trial.pk, label="", ballot=None).update(label=label, labelled_at=now)
        trial = _load(trial)
    if trial.label != label:
        raise VotingError(_label_given(trial), status=409)
    return trial


def save_draft(trial: Trial, positions: Sequence[int]) -> None:
    """Keep the picks made so far, as positions in this participant's order. Raises VotingError as `cast` does."""
    trial = _load(trial)
    _check_open(trial)
    if hasattr(trial, "ballot"):
        raise VotingError(ANSWERED, status=409)
    _check_label_first(trial)
    _check_positions(positions, len(candidate_ids(trial)))
    _check_at_most(positions, trial.participant.study.max_picks)
    Trial.objects.filter(pk=trial.pk, ballot=None).update(draft=list(positions))


def cast(trial: Trial, *, submission_id: UUID | str, label: str, positions: Sequence[int]) -> Cast:
    """Give the one ballot of a trial: `positions` are the picks in the order in which they were made.

    `submission_id` is made by the page, once per ballot, so that sending it again is harmless. The first ballot
    of a study freezes its protocol in the same transaction, the last one of a participant marks them finished.

    Raises VotingError: 400 for an answer the protocol does not allow, 403 when the study is not open or the
    participant has withdrawn, 409 when the trial has another ballot or the id stands for other content.
    """
    identity = _identity(submission_id)
    body = _body_sha256(trial, label, positions)
    try:
        return _cast(_load(trial), identity, body, label, positions)
    except IntegrityError:
        # Somebody else's transaction was first: the same submission again, or another tab.
        return _replay(_load(trial), identity, body)


def least_picks(study: Study, label: str) -> int:
    """The fewest picks a ballot with this label may have."""
    # Who cannot tell what they see need not pick anything.
    if label == CANNOT_TELL:
        return 0
    return study.max_picks if study.exact_picks else 1


def _cast(trial: Trial, identity: UUID, body: str, label: str, positions: Sequence[int]) -> Cast:
    if hasattr(trial, "ballot"):
        return _replay(trial, identity, body)
    ids = _checked_ids(trial, label, positions)
    with own_turn(), transaction.atomic():
        if trial.participant.study.frozen_at is None:
            _freeze(trial.participant.study)
            # The protocol may have changed until this very moment; from now on it cannot.
            trial = _load(trial)
            ids = _checked_ids(trial, label, positions)
        ballot = Ballot.objects.create(trial=trial, submission_id=identity, body_sha256=body, label=label)
        Pick.objects.bulk_create(
            Pick(ballot=ballot, sample_id=ids[position], rank=rank, position=position)
            for rank, position in enumerate(positions, start=1)
        )
        _conclude(trial)
    return Cast(ballot, created=True)


def _replay(trial: Trial, identity: UUID, body: str) -> Cast:
    """What to answer when the trial has a ballot, or the submission id is taken."""
    if trial.participant.withdrawn_at is not None:
        _check_open(trial)
    ballot = Ballot.objects.filter(submission_id=identity).first()
    if ballot is None:
        raise VotingError(ANSWERED, status=409)
    if ballot.trial_id != trial.pk or ballot.body_sha256 != body:
        raise VotingError("This submission was already used for another answer: reload the page.", status=409)
    ballot.trial = trial
    return Cast(ballot, created=False)


def _checked_ids(trial: Trial, label: str, positions: Sequence[int]) -> list[int]:
    """The sample ids in this participant's order, once the answer has passed every check."""
    study = trial.participant.study
    _check_open(trial)
    _check_label_first(trial)
    if label != trial.label:
        raise VotingError(_label_given(trial), status=409)
    ids = candidate_ids(trial)
    _check_positions(positions, len(ids))
    _check_at_most(positions, study.max_picks)
    least = least_picks(study, label)
    if len(positions) < least:
        exactly = "exactly" if study.exact_picks else "at least"
        raise VotingError(f"Pick {exactly} {least} {_images(least)}: you have picked {len(positions)}.")
    return ids


def _check_open(trial: Trial) -> None:
    if trial.participant.withdrawn_at is not None:
        raise VotingError("You have left this study: no more answers are taken.", status=403)
    if trial.participant.study.state != StudyState.OPEN:
        raise VotingError("This study is closed: no more answers are taken.", status=403)


def _conclude(trial: Trial) -> None:
    """Inside the transaction: closing or leaving since the first look takes the ballot back, the last one finishes."""
    unanswered = Trial.objects.filter(participant=OuterRef("pk"), ballot=None)
    here = Participant.objects.filter(pk=trial.participant_id, withdrawn_at=None, study__state=StudyState.OPEN)
    go_on = here.order_by().values_list(Exists(unanswered), flat=True).first()
    if go_on is None:
        _check_open(_load(trial))
    elif not go_on:
        Participant.objects.filter(pk=trial.participant_id, finished_at=None).update(finished_at=timezone.now())


def _check_offered(study: Study, label: str) -> None:
    if not study.ask_label:
        raise VotingError("This study does not ask for a label.")
    if label != CANNOT_TELL and label not in study.labels:
        raise VotingError(f"Choose one of the labels offered, or “{CANNOT_TELL}”.")


def _check_label_first(trial: Trial) -> None:
    if trial.participant.study.ask_label and not trial.label:
        raise VotingError("Say what you see in the small image first, then pick.")


def _check_positions(positions: Sequence[int], pool: int) -> None:
    if not all(isinstance(position, int) and not isinstance(position, bool) for position in positions):
        raise VotingError("Picks must be given as positions of images.")
    if not all(0 <= position < pool for position in positions):
        raise VotingError("A pick is not among the images of this question: reload the page.")
    if len(set(positions)) != len(positions):
        raise VotingError("An image can be picked only once.")


def _check_at_most(positions: Sequence[int], most: int) -> None:
    if len(positions) > most:
        raise VotingError(f"Pick at most {most} {_images(most)}: you have picked {len(positions)}.")


def _images(count: int) -> str:
    return "image" if count == 1 else "images"


def _label_given(trial: Trial) -> str:
    if not trial.label:
        return "This study does not ask for a label."
    return f"You have already said what you see: “{trial.label}”. It cannot be changed."


def _freeze(study: Study) -> None:
    Study.objects.filter(pk=study.pk, frozen_at=None).update(frozen_at=timezone.now())


def _identity(submission_id: UUID | str) -> UUID:
    try:
        return submission_id if isinstance(submission_id, UUID) else UUID(submission_id)
    except (ValueError, AttributeError, TypeError):
        raise VotingError("The submission has no valid id: reload the page.") from None


def _body_sha256(trial: Trial, label: str, positions: Sequence[int]) -> str:
    body = json.dumps([trial.pk, label, list(positions)], ensure_ascii=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()


def _load(trial: Trial) -> Trial:
    """The row as it is now, with its ballot where there is one. One query."""
    return Trial.objects.select_related("participant__study", "item", "ballot").get(pk=trial.pk)
