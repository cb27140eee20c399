"""Where a participant is: viewing check, introduction, trials with practice first, questionnaire, done.

Everything that participants are shown goes through `step`. Looking changes nothing; each step is left by a POST.
Simulated participants only answer trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from studies.errors import VotingError
from studies.models import Kind, Participant, QuestionnaireAnswers, Study, StudyState, Trial, ViewingCheck
from studies.services import enrolment
from studies.services.screens import viewing
from studies.services.turns import own_turn

VIEWING, INTRODUCTION, TRIAL, FEEDBACK = "viewing", "introduction", "trial", "feedback"
QUESTIONNAIRE, DONE, FAILED = "questionnaire", "done", "failed"

#: Practice that was answered and has something to say that was not yet read.
_TO_READ = (
    Q(item__kind=Kind.PRACTICE, feedback_seen_at=None, ballot__isnull=False)
    & Q(participant__simulated=False)
    & (Q(item__expected_label__gt="") | Q(item__feedback__gt=""))
)


@dataclass(frozen=True)
class Step:
    """What a participant meets now; `trial` for "trial" and for "feedback"."""

    kind: str
    trial: Trial | None = None


def step(participant: Participant) -> Step:
    """Where this participant is, who has not withdrawn. At most two queries."""
    if participant.finished_at is not None:
        return Step(DONE)
    if participant.failed_at is not None:
        return Step(FAILED)
    if viewing.needed(participant):
        return Step(VIEWING)
    if _introduction_waits(participant):
        return Step(INTRODUCTION)
    return _next_trial(participant) or Step(QUESTIONNAIRE if _questionnaire_waits(participant) else DONE)


def _introduction_waits(participant: Participant) -> bool:
    unread = participant.introduced_at is None and not participant.simulated
    return unread and bool(participant.study.introduction.strip())


def _next_trial(participant: Participant) -> Step | None:
    waiting = participant.trials.filter(Q(ballot=None) | _TO_READ).select_related("item", "ballot")
    trial = waiting.order_by("number").first()
    if trial is None:
        return None
    trial.participant = participant
    return Step(FEEDBACK if hasattr(trial, "ballot") else TRIAL, trial)


def _questionnaire_waits(participant: Participant) -> bool:
    asked = bool(participant.study.questionnaire) and not participant.simulated
    return asked and not QuestionnaireAnswers.objects.filter(participant=participant).exists()


def check_open(participant: Participant) -> None:
    """Raises VotingError when no answers of this participant are taken."""
    if participant.withdrawn_at is not None:
        raise _left()
    if participant.study.state != StudyState.OPEN:
        raise VotingError(_("This study is closed: no more answers are taken."), status=403)
    enrolment.check_present(participant)


def still_here(participant: Participant) -> None:
    """Inside the transaction of an answer: their place is not given away. Raises VotingError when they have left.

    The row stays locked until the answer is stored: who leaves meanwhile, and has all deleted, waits for it.
    """
    here = Participant.objects.filter(pk=participant.pk, withdrawn_at=None)
    if not here.update(last_seen_at=timezone.now()):
        raise _left()


def _left() -> VotingError:
    return VotingError(_("You have left this study: no more answers are taken."), status=403)


def check_admitted(participant: Participant) -> None:
    """Raises VotingError for somebody whose screen was not let in, or not yet looked at."""
    if participant.failed_at is not None:
        raise VotingError(_("Your screen did not pass the check, so that no answers are taken."), status=403)
    if viewing.needed(participant):
        raise VotingError(_("Check your screen first."), status=409)


def finish(participant: Participant) -> None:
    """Mark who has nothing left to do as finished: every trial answered, and the questionnaire where there is one."""
    unanswered = Trial.objects.filter(participant=OuterRef("pk"), ballot=None)
    waiting = Participant.objects.filter(~Exists(unanswered), pk=participant.pk, finished_at=None)
    if not _questionnaire_waits(participant):
        waiting.update(finished_at=timezone.now())


def introduced(participant: Participant) -> None:
    """The introduction was read. Harmless when repeated."""
    check_open(participant)
    Participant.objects.filter(pk=participant.pk, introduced_at=None).update(
        introduced_at=timezone.now(), last_seen_at=timezone.now()
    )


def feedback_seen(trial: Trial) -> None:
    """The feedback of a practice trial was read. Harmless when repeated."""
    check_open(trial.participant)
    read = Trial.objects.filter(pk=trial.pk, feedback_seen_at=None, item__kind=Kind.PRACTICE, ballot__isnull=False)
    read.update(feedback_seen_at=timezone.now())


def check_questionnaire_due(participant: Participant) -> None:
    """Raises VotingError before all images are answered, and when no answers are taken any more."""
    check_open(participant)
    if step(participant).kind not in (QUESTIONNAIRE, DONE):
        raise VotingError(_("Answer all images first, then these questions."), status=409)


def store_questionnaire(participant: Participant, values: dict[str, Any]) -> None:
    """Checked answers, once: those that are there already stay. Raises VotingError as `check_questionnaire_due`."""
    check_questionnaire_due(participant)
    with own_turn(), transaction.atomic():
        still_here(participant)
        QuestionnaireAnswers.objects.get_or_create(participant=participant, defaults={"values": values})
        finish(participant)


def forget(study: Study, changed: set[str]) -> None:
    """People on the way meet again what another protocol says otherwise."""
    if "viewing" in changed:  # what was checked, and failed, were other rules
        ViewingCheck.objects.filter(participant__study=study, participant__failed_at=None).delete()
        study.participants.update(checked_at=None)
    if "introduction" in changed:
        study.participants.update(introduced_at=None)
