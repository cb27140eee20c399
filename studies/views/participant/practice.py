"""What was right, after a practice image."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from studies.models import CANNOT_TELL, Kind, Participant, Trial
from studies.services.design import texts
from studies.services.trials import flow
from studies.services.trials.flow import Step
from studies.views.participant.pages import answer, progress


def page(request: HttpRequest, participant: Participant, step: Step) -> HttpResponse:
    trial = step.trial
    assert trial is not None
    said, item = texts.of(participant.study, participant.language), trial.item
    translated = said.feedback.get(str(item.position), "")
    context = progress(participant, trial) | {
        "trial": trial,
        "given": _shown(said, trial.ballot.label),
        "expected": _shown(said, item.expected_label),
        "right": trial.ballot.label == item.expected_label,
        "cannot_tell": trial.ballot.label == CANNOT_TELL,
        "texts": said,
        "feedback": translated or item.feedback,
        "feedback_language": said.language if translated else participant.study.language,
        "over": not _more(trial),
    }
    return render(request, "studies/participant/feedback.html", context)


def _shown(said: texts.Texts, label: str) -> str:
    """A label in the words of the participant's language."""
    return next((shown for shown, own in said.labels if own == label), label)


def _more(trial: Trial) -> bool:
    """Whether more practice comes."""
    return trial.participant.trials.filter(item__kind=Kind.PRACTICE, number__gt=trial.number).exists()


@answer
def seen(request: HttpRequest, participant: Participant, number: int) -> None:
    flow.feedback_seen(get_object_or_404(participant.trials.select_related("participant__study"), number=number))
