"""Which part of a study takes answers now: the voting while the study is open, the rating phase after it is closed."""

from __future__ import annotations

from django.utils.translation import gettext as _

from studies.models import Participant, RatingPhase, Study, StudyState, Who


def rating(study: Study) -> RatingPhase | None:
    """The rating phase that people take part in now. No query for a study that is not closed."""
    if study.state != StudyState.CLOSED:
        return None
    phase = RatingPhase.objects.filter(study=study, opened_at__isnull=False, closed_at=None).first()
    if phase is not None:
        phase.study = study
    return phase


def takes_answers(study: Study) -> bool:
    """Whether people may answer anything at all."""
    return study.state == StudyState.OPEN or rating(study) is not None


def kept_out(phase: RatingPhase, participant: Participant | None) -> str:
    """Why this person, or somebody new, does not rate, in a kind sentence; empty for who may."""
    if phase.who == Who.OTHERS:
        if participant is None or participant.rates_only:
            return ""
        return _("You have taken part in the voting of this study, and this part of it needs fresh eyes.")
    if participant is None or participant.rates_only:
        return _(
            "This part of the study is for those who took part in the first one: "
            "please open it in the same browser, or with the link that was sent to you."
        )
    if participant.finished_at is None:
        return _("This part of the study is for those who answered the whole first part, which is closed now.")
    return ""
