"""The questions at the end."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from studies.models import Participant
from studies.services.design import questionnaire, texts
from studies.services.trials import flow
from studies.services.trials.flow import Step
from studies.views.participant.pages import answer, see_other, whose


def page(
    request: HttpRequest, participant: Participant, step: Step | None = None, errors: dict[str, str] | None = None
) -> HttpResponse:
    """errors: key -> sentence, with what was given kept"""
    study, said = participant.study, texts.of(participant.study, participant.language)
    given = request.POST.dict() if errors else {}
    questions = questionnaire.shown(study.questionnaire, said.questionnaire, given, errors)
    context = {
        "study": study,
        "participant": participant,
        "whose": whose(participant),
        "questions": questions,
        "texts": said,
        "errors": errors or {},
    }
    return render(request, "studies/participant/questionnaire.html", context, status=400 if errors else 200)


@answer
def give(request: HttpRequest, participant: Participant) -> HttpResponse | None:
    """Store the answers, once, or say which cannot be taken."""
    flow.check_questionnaire_due(participant)
    values, errors = questionnaire.check(participant.study.questionnaire, request.POST.dict())
    if errors:
        return page(request, participant, errors=errors)
    flow.store_questionnaire(participant, values)
    return see_other("studies:thanks", participant.study)
