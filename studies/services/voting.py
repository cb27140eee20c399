"""Answers of participants: the label first, a draft of picks, then one ballot per trial, once.

Everything is read and checked (`rules`) before a short transaction writes; unique constraints decide races, not locks.
What the page observed (`observing`) is stored with each answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from studies.errors import VotingError
from studies.models import Ballot, Observation, Participant, Pick, Study, StudyState, Trial
from studies.services.ordering import candidate_ids
from studies.services.trials import flow, observing, rules
from studies.services.turns import own_turn


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


def for_page(trial: Trial) -> Trial:
    """With what its page is told: item, observation, `pool` and `following`, the next unanswered trial. One query."""
    unanswered = Trial.objects.filter(participant=OuterRef("participant"), ballot=None).exclude(pk=OuterRef("pk"))
    following = unanswered.order_by("number").values("number")[:1]
    rows = Trial.objects.select_related("item__low_res", "observation")
    return rows.annotate(pool=Count("item__jobs__samples"), following=Subquery(following)).get(pk=trial.pk)


def begin(trial: Trial) -> None:
    """Note when the trial was first shown."""
    if trial.started_at is None:
        with own_turn():
            Trial.objects.filter(pk=trial.pk, started_at=None).update(started_at=timezone.now())


def give_label(trial: Trial, label: str, *, observed: str = "") -> Trial:
    """Store what the participant sees in the LR image; once given it stays. Repeating it is harmless.

    observed: JSON of the page, see `observing`
    Raises VotingError: 400 for a label that is not offered, 403 when answers are not taken, 409 for another one.
    """
    trial = _load(trial)
    rules.check_open(trial)
    rules.check_offered(trial.participant.study, label)
    now = timezone.now()
    if trial.label == "" and not hasattr(trial, "ballot"):
        with own_turn(), transaction.atomic():
            if Trial.objects.filter(pk=trial.pk, label="", ballot=None).update(label=label, labelled_at=now):
                observing.store(observing.read(trial, observed))
                flow.still_here(trial.participant)
        trial = _load(trial)
    if trial.label != label:
        raise VotingError(_label_given(trial), status=409)
    return trial


def save_draft(
    trial: Trial,
    positions: Sequence[int],
    *,
    confidence: int | None = None,
    region: Mapping[str, Any] | None = None,
    observed: str = "",
) -> None:
    """Keep the answer as it is so far: picks as positions in this participant's order, and what else is asked.

    Raises VotingError as `cast` does for what could not be in a ballot; nothing has to be complete.
    """
    trial = _load(trial)
    rules.check_open(trial)
    if hasattr(trial, "ballot"):
        raise VotingError(_answered(), status=409)
    rules.check_label_first(trial)
    pool = trial.item.pool.count()
    rules.check_positions(positions, pool, trial.participant.study.max_picks)
    if confidence is not None:
        rules.check_confidence(trial.participant.study, confidence, picks=1)
    answer = {
        "draft": list(positions),
        "draft_confidence": confidence,
        "draft_region": rules.check_region(trial, region or {}),
    }
    with own_turn(), transaction.atomic():
        # Not after the ballot: a draft that comes late must not take the place of what was stored with it.
        if Trial.objects.filter(pk=trial.pk, ballot=None).update(**answer):
            observing.store(observing.read(trial, observed, pool))
            flow.still_here(trial.participant)


def cast(
    trial: Trial,
    *,
    submission_id: UUID | str,
    label: str,
    positions: Sequence[int],
    confidence: int | None = None,
    region: Mapping[str, Any] | None = None,
    observed: str = "",
) -> Cast:
    """Give the one ballot of a trial: `positions` are the picks in the order in which they were made.

    `submission_id` is made by the page, once per ballot, so that sending it again is harmless. The first ballot
    of a study freezes its protocol in the same transaction, the last one of a participant may finish them (`flow`).
    confidence: 1 to 5, where the study asks for it; region: see `regions`; observed: JSON of the page

    Raises VotingError: 400 for an answer the protocol does not allow, 403 when the study is not open or the
    participant has withdrawn, 409 when the trial has another ballot or the id stands for other content.
    """
    identity = _identity(submission_id)
    answer = _Answer(label, list(positions), confidence, region or {}, observed)
    body = _body_sha256(trial, answer)
    try:
        return _cast(_load(trial), identity, body, answer)
    except IntegrityError:
        # Somebody else's transaction was first: the same submission again, or another tab.
        return _replay(_load(trial), identity, body)


@dataclass(frozen=True)
class _Answer:
    """What a ballot holds, as it came."""

    label: str
    positions: list[int]
    confidence: int | None
    region: Mapping[str, Any]
    observed: str


@dataclass(frozen=True)
class _Checked:
    """What passed every check: samples in this participant's order, and what is stored beside the picks."""

    ids: list[int]
    region: dict[str, Any]
    observation: Observation | None


def _cast(trial: Trial, identity: UUID, body: str, answer: _Answer) -> Cast:
    if hasattr(trial, "ballot"):
        return _replay(trial, identity, body)
    checked = _checked(trial, answer)
    with own_turn(), transaction.atomic():
        if trial.participant.study.frozen_at is None:
            _freeze(trial.participant.study)
            # The protocol may have changed until this very moment; from now on it cannot.
            trial = _load(trial)
            checked = _checked(trial, answer)
        ballot = Ballot.objects.create(
            trial=trial,
            submission_id=identity,
            body_sha256=body,
            label=answer.label,
            confidence=answer.confidence,
            region=checked.region,
            picked=len(answer.positions),
        )
        Pick.objects.bulk_create(
            Pick(ballot=ballot, sample_id=checked.ids[place], rank=rank, label=answer.label, position=place)
            for rank, place in enumerate(answer.positions, start=1)
        )
        observing.store(checked.observation)
        _conclude(trial)
    return Cast(ballot, created=True)


def _replay(trial: Trial, identity: UUID, body: str) -> Cast:
    """What to answer when the trial has a ballot, or the submission id is taken."""
    if trial.participant.withdrawn_at is not None:
        rules.check_open(trial)
    ballot = Ballot.objects.filter(submission_id=identity).first()
    if ballot is None:
        raise VotingError(_answered(), status=409)
    if ballot.trial_id != trial.pk or ballot.body_sha256 != body:
        raise VotingError(_("This submission was already used for another answer: reload the page."), status=409)
    ballot.trial = trial
    return Cast(ballot, created=False)


def _checked(trial: Trial, answer: _Answer) -> _Checked:
    study = trial.participant.study
    rules.check_open(trial)
    rules.check_label_first(trial)
    if answer.label != trial.label:
        raise VotingError(_label_given(trial), status=409)
    ids = candidate_ids(trial)
    rules.check_positions(answer.positions, len(ids), study.max_picks)
    rules.check_enough(answer.positions, study, answer.label)
    rules.check_confidence(study, answer.confidence, picks=len(answer.positions))
    region = rules.check_region(trial, answer.region)
    seen = observing.pages_seen(getattr(trial, "observation", None))  # before what is sent takes its place
    observation = observing.read(trial, answer.observed, len(ids))
    seen |= observing.pages_seen(observation)
    rules.check_pages_seen(trial, seen, len(ids), picks=len(answer.positions))
    rules.check_ratio(study, observing.last_ratio(observation))
    return _Checked(ids, region, observation)


def _conclude(trial: Trial) -> None:
    """Inside the transaction: closing or leaving since the first look takes the ballot back, the last one finishes."""
    flow.still_here(trial.participant)
    unanswered = Trial.objects.filter(participant=OuterRef("pk"), ballot=None)
    here = Participant.objects.filter(pk=trial.participant_id, study__state=StudyState.OPEN)
    go_on = here.order_by().values_list(Exists(unanswered), flat=True).first()
    if go_on is None:
        rules.check_open(_load(trial))
    if not go_on:
        flow.finish(trial.participant)


def _answered() -> str:
    return _("You have already answered this one: your first answer counts.")


def _label_given(trial: Trial) -> str:
    if not trial.label:
        return _("This study does not ask for a label.")
    return _("You have already said what you see: “%(label)s”. It cannot be changed.") % {"label": trial.label}


def _freeze(study: Study) -> None:
    Study.objects.filter(pk=study.pk, frozen_at=None).update(frozen_at=timezone.now())


def _identity(submission_id: UUID | str) -> UUID:
    try:
        return submission_id if isinstance(submission_id, UUID) else UUID(submission_id)
    except (ValueError, AttributeError, TypeError):
        raise VotingError(_("The submission has no valid id: reload the page.")) from None


def _body_sha256(trial: Trial, answer: _Answer) -> str:
    """Of all that a repeat must repeat; what the page observed goes on while it is sent again."""
    body: list[Any] = [trial.pk, answer.label, answer.positions]
    if answer.confidence is not None or answer.region:
        body += [answer.confidence, answer.region]
    return hashlib.sha256(json.dumps(body, ensure_ascii=True, sort_keys=True, default=str).encode()).hexdigest()


def _load(trial: Trial) -> Trial:
    """The row as it is now, with its ballot and what was observed, where there are such. One query."""
    related = ("participant__study", "item__low_res", "ballot", "observation")
    return Trial.objects.select_related(*related).get(pk=trial.pk)
