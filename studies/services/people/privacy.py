"""What is stored about one participant, to take along; and who they are elsewhere, and what they said, to be forgotten.

A recruiter's id and a personal link are the only things that lead from answers to a person. They are erased on their
own; the answers stay, under a pseudonym that nothing leads to any more. Who withdraws may have them deleted too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.translation import gettext as _

from studies.errors import VotingError
from studies.models import (
    Ballot,
    Invitation,
    Observation,
    Participant,
    QuestionnaireAnswers,
    Rating,
    RecruiterIdentity,
    StudyState,
    Trial,
    ViewingCheck,
)

_TIMES = (
    "consented_at", "checked_at", "introduced_at", "last_seen_at", "failed_at", "finished_at", "withdrawn_at",
)  # fmt: skip
_RATING = (
    "number", "shown_at", "answered_at", "score", "preference", "label", "response_ms", "hidden_ms", "pixel_ratio",
    "enlargement",
)  # fmt: skip
_TRIAL = (
    "number", "started_at", "label", "labelled_at", "feedback_seen_at", "draft", "draft_confidence", "draft_region",
)  # fmt: skip


def export(participant: Participant, *, for_researcher: bool = False) -> dict[str, Any]:
    """Everything that is stored about this participant, as plain values. Few queries, however many trials there are.

    Candidates are named by their place in the participant's own order: what drew them is not the participant's to
    know. for_researcher: with the pseudonym, and the note to their personal link
    """
    mine = {"language": participant.language, "source": participant.source}
    if for_researcher:
        mine["pseudonym"] = participant.code
    return {
        "study": participant.study.name,
        "participant": mine | {name: getattr(participant, name) for name in _TIMES},
        "consent": _consent(participant),
        "recruiter": _identity(participant),
        "personal_link": _invitation(participant, for_researcher),
        "viewing_checks": list(participant.viewing_checks.values("made_at", "measured", "failed")),
        "images": [_trial(trial) for trial in _trials(participant)],
        "ratings": list(Rating.objects.filter(rater__participant=participant).order_by("number").values(*_RATING)),
        "questions_at_the_end": QuestionnaireAnswers.objects.filter(participant=participant)
        .values("given_at", "values")
        .first(),
    }


def erase_answers(participant: Participant) -> None:
    """Delete what somebody who has withdrawn has answered, and what was observed of it. Harmless when repeated.

    They themselves stay, as one who has withdrawn, with the consent they gave: so that the numbers from before can be
    explained. Who they are to a recruiter is erased on its own. Raises VotingError (409) before they have withdrawn:
    from then on no answer comes in any more (`flow.still_here`).
    """
    if participant.withdrawn_at is None:
        raise VotingError(_("Withdraw first: then your answers can be deleted."), status=409)
    with transaction.atomic():
        for rows in _said(participant):
            rows.delete()
        participant.trials.update(
            label="", started_at=None, labelled_at=None, feedback_seen_at=None,
            draft=[], draft_confidence=None, draft_region={},
        )  # fmt: skip


def has_answers(participant: Participant) -> bool:
    """Whether anything is stored that `erase_answers` deletes."""
    begun = participant.trials.filter(Q(started_at__isnull=False) | Q(labelled_at__isnull=False))
    return any(rows.exists() for rows in (begun, *_said(participant)))


def _said(participant: Participant) -> tuple[QuerySet[Any], ...]:
    """Rows that hold nothing but what this participant answered, or what was observed of it."""
    return (
        Ballot.objects.filter(trial__participant=participant),
        Observation.objects.filter(trial__participant=participant),
        Rating.objects.filter(rater__participant=participant),
        ViewingCheck.objects.filter(participant=participant),
        QuestionnaireAnswers.objects.filter(participant=participant),
    )


def erase_identity(participant: Participant) -> bool:
    """Forget who this participant is to a recruiter, and which personal link was theirs. False when nothing was known.

    The link opens nothing any more. Who comes again with the same id is somebody new: nothing is left to know them by.
    """
    return _erase(
        RecruiterIdentity.objects.filter(participant=participant), Invitation.objects.filter(participant=participant)
    )


def erase_due(days: int) -> int:
    """Forget who took part in studies that closed so many days ago. How many identities there were."""
    long_ago = {"study__state": StudyState.CLOSED, "study__closed_at__lt": timezone.now() - timedelta(days=days)}
    identities = RecruiterIdentity.objects.filter(**long_ago)
    links = Invitation.objects.filter(participant__isnull=False, **long_ago)
    found = identities.count() + links.count()
    _erase(identities, links)
    return found


def _erase(identities: QuerySet[RecruiterIdentity], links: QuerySet[Invitation]) -> bool:
    with transaction.atomic():
        deleted, _kinds = identities.delete()
        cut = links.update(participant=None, note="", revoked_at=timezone.now())
    return bool(deleted or cut)


def _consent(participant: Participant) -> dict[str, Any]:
    agreed = participant.study.consent_versions.filter(sha256=participant.consent_sha256).first()
    known = {"text": agreed.text, "language": agreed.language} if agreed else {}
    return known | {"sha256": participant.consent_sha256, "agreed_at": participant.consented_at}


def _identity(participant: Participant) -> dict[str, Any] | None:
    rows = RecruiterIdentity.objects.filter(participant=participant)
    found = rows.values("source", "external_id", "references", "created_at").first()
    return dict(found) if found else None


def _invitation(participant: Participant, for_researcher: bool) -> dict[str, Any] | None:
    names = ("number", "created_at", "expires_at", *(("note",) if for_researcher else ()))
    return Invitation.objects.filter(participant=participant).values(*names).first()


def _trials(participant: Participant) -> QuerySet[Trial]:
    return participant.trials.select_related("ballot", "observation").prefetch_related("ballot__picks")


def _trial(trial: Trial) -> dict[str, Any]:
    given: Ballot | None = getattr(trial, "ballot", None)
    observed: Observation | None = getattr(trial, "observation", None)
    return {
        **{name: getattr(trial, name) for name in _TRIAL},
        "answer": _answer(given) if given else None,
        "observed": model_to_dict(observed, exclude=["id", "trial"]) if observed else None,
    }


def _answer(ballot: Ballot) -> dict[str, Any]:
    return {
        "label": ballot.label,
        "picks": [pick.position for pick in ballot.picks.all()],
        "confidence": ballot.confidence,
        "region": ballot.region,
        "sent_at": ballot.cast_at,
    }
