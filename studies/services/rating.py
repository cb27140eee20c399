"""Somebody rates: they begin, and give one rating after the other, each once; unique rows decide races, not locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from studies.errors import VotingError
from studies.models import Mode, Participant, Preference, Rater, Rating, RatingPhase
from studies.models.rating import SCORED, SCORES
from studies.services import enrolment
from studies.services.opinions import rating_order, rating_phase
from studies.services.tallies import offered_labels
from studies.services.trials import flow, phases
from studies.services.turns import own_turn

#: What a page measures, and the largest value that is believed.
_MOST = {"response_ms": 24 * 3600 * 1000, "hidden_ms": 24 * 3600 * 1000, "enlargement": 200}


@dataclass(frozen=True)
class Given:
    """An accepted rating; `created` is False when this submission had arrived before."""

    rating: Rating
    created: bool


def rater(participant: Participant) -> Rater | None:
    """Who has begun to rate. One query."""
    return Rater.objects.filter(participant=participant).select_related("phase").first()


def begin(participant: Participant) -> Rater:
    """The instructions were read: their ratings are made, in their own order. Harmless when repeated.

    Raises VotingError when no ratings are taken, or not of this person.
    """
    phase = _check_open(participant)
    try:
        with own_turn(), transaction.atomic():
            # Locked, so that turns are dealt one after the other; SQLite's transactions are alone anyway.
            current = RatingPhase.objects.select_for_update().get(pk=phase.pk)
            return rater(participant) or _begin(current, participant)
    except IntegrityError:  # another tab was first
        found = rater(participant)
        if found is None:
            raise
        return found


def _begin(phase: RatingPhase, participant: Participant) -> Rater:
    last, all_tasks = phase.raters.aggregate(last=Max("turn"))["last"], rating_phase.tasks(phase)
    if phase.per_person is None:  # from now on it is fixed, whatever a session may be held to be later
        phase.per_person = max(rating_phase.share(phase, all_tasks), 1)
        phase.save(update_fields=["per_person"])
    made = Rater.objects.create(phase=phase, participant=participant, turn=0 if last is None else last + 1)
    asked = rating_order.order(
        phase.mode,
        all_tasks,
        phase_seed=phase.seed,
        seed=participant.seed,
        turn=made.turn,
        repeats=phase.repeats,
        count=rating_phase.share(phase, all_tasks),
    )
    Rating.objects.bulk_create(
        Rating(rater=made, number=number, stimulus_id=task.stimulus, other_id=task.other, repeat=repeat)
        for number, (task, repeat) in enumerate(asked, start=1)
    )
    return made


def current(rater: Rater) -> Rating | None:
    """The first rating that is not given; None when all are."""
    return rater.ratings.filter(answered_at=None).order_by("number").first()


def shown(rating: Rating) -> None:
    """Note when it was first shown."""
    if rating.shown_at is None:
        with own_turn():
            Rating.objects.filter(pk=rating.pk, shown_at=None).update(shown_at=timezone.now())


def give(rating: Rating, *, submission_id: str | UUID, answer: str, measured: Mapping[str, str] | None = None) -> Given:
    """Give one rating, once. answer: 1 to 5; of a pair first, none or second; in naming a label of the study.

    submission_id: made by the page, so that sending it again is harmless
    measured: what the page tells: response_ms, hidden_ms, pixel_ratio, enlargement; nonsense is left out
    Raises VotingError: 400 for what is no answer, 403 when none are taken, 409 when there is another one.
    """
    identity = _identity(submission_id)
    rating = _load(rating)
    participant = rating.rater.participant
    phase = _check_open(participant)
    told = _answer(phase, answer)
    with own_turn():
        try:
            created = _store(rating, identity, told | _measured(measured or {}))
        except IntegrityError:  # the id stands for another rating
            raise VotingError(_used(), status=409) from None
    rating = _load(rating)
    if rating.answered_at is None:  # closed, or left, in this very moment
        raise VotingError(closed(), status=403)
    if not created and (rating.submission_id != identity or any(getattr(rating, k) != v for k, v in told.items())):
        raise VotingError(_used() if rating.submission_id == identity else _answered(), status=409)
    return Given(rating, created)


def _store(rating: Rating, identity: UUID, values: dict[str, Any]) -> bool:
    """True when this was the first answer; the last one finishes the rater."""
    now = timezone.now()
    with transaction.atomic():
        # Locked first: PostgreSQL asks the joins of an update before it waits for another's lock, and not again.
        unanswered = Rating.objects.select_for_update().filter(pk=rating.pk, answered_at=None).first()
        open_one = Rating.objects.filter(
            pk=rating.pk, rater__phase__closed_at=None, rater__participant__withdrawn_at=None
        )
        answer = {"submission_id": identity, "answered_at": now, **values}
        created = unanswered is not None and bool(open_one.update(**answer))
        if created:
            Participant.objects.filter(pk=rating.rater.participant_id).update(last_seen_at=now)
            _finish(rating.rater)
    return created


def _finish(rater: Rater) -> None:
    """Who has given all ratings is done; so is who came in for them alone."""
    if rater.ratings.filter(answered_at=None).exists():
        return
    now = timezone.now()
    Rater.objects.filter(pk=rater.pk, finished_at=None).update(finished_at=now)
    Participant.objects.filter(pk=rater.participant_id, finished_at=None).update(finished_at=now)


def _check_open(participant: Participant) -> RatingPhase:
    if participant.withdrawn_at is not None:
        raise VotingError(_("You have left this study: no more answers are taken."), status=403)
    phase = phases.rating(participant.study)
    if phase is None:
        raise VotingError(closed(), status=403)
    if sentence := phases.kept_out(phase, participant):
        raise VotingError(sentence, status=403)
    enrolment.check_present(participant)
    flow.check_admitted(participant)
    return phase


def _answer(phase: RatingPhase, answer: str) -> dict[str, Any]:
    """The three columns, of which one says something."""
    nothing = {"score": None, "preference": "", "label": ""}
    if phase.mode == Mode.PAIRWISE and answer in Preference.values:
        return nothing | {"preference": answer}
    if phase.mode == Mode.NAMING and answer in offered_labels(phase.study):
        return nothing | {"label": answer}
    if phase.mode in SCORED and answer in map(str, SCORES):
        return nothing | {"score": int(answer)}
    raise VotingError(_("Choose one of the answers offered."))


def _measured(told: Mapping[str, str]) -> dict[str, Any]:
    """What is missing or no number stays empty: a rating does not depend on it."""
    values: dict[str, Any] = {name: _number(told.get(name, ""), most) for name, most in _MOST.items()}
    found = {name: None if value is None else round(value) for name, value in values.items()}
    return found | {"pixel_ratio": _number(told.get("pixel_ratio", ""), 20)}


def _number(text: str, most: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return round(value, 4) if 0 <= value <= most else None


def _identity(submission_id: str | UUID) -> UUID:
    try:
        return submission_id if isinstance(submission_id, UUID) else UUID(submission_id)
    except (ValueError, AttributeError, TypeError):
        raise VotingError(_("The submission has no valid id: reload the page.")) from None


def closed() -> str:
    return _("This study is closed: no more answers are taken.")


def _answered() -> str:
    return _("You have already answered this one: your first answer counts.")


def _used() -> str:
    return _("This submission was already used for another answer: reload the page.")


def _load(rating: Rating) -> Rating:
    """The row as it is now. One query."""
    return Rating.objects.select_related("rater__participant__study", "rater__phase").get(pk=rating.pk)
