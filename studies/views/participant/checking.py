"""The viewing check: what is needed and measured, patterns to look at, and where a failed check leads."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from studies.access import get_participant_or_404, get_study_by_slug_or_404
from studies.models import Participant
from studies.services.screens import checking, findings, patterns, viewing
from studies.services.trials import phases
from studies.services.trials.flow import Step
from studies.views.participant.pages import answer, whose

#: What is sent where a digit cannot be read.
NO_DIGIT = "none"


def page(request: HttpRequest, participant: Participant, step: Step) -> HttpResponse:
    asked, check = viewing.rules(participant.study), checking.last(participant)
    attempt = checking.attempts(participant)
    found = findings.findings(asked, check)
    context = {
        "study": participant.study,
        "participant": participant,
        "whose": whose(participant),
        "rules": asked,
        "attempt": attempt,
        "left": asked.attempts - attempt,
        "wrong": [one for one in found if one.passed is False],
        "measured": [one for one in found if one.rule in viewing.MEASURED],
        "counts": range(patterns.COLUMNS * patterns.ROWS + 1),
        "plates": checking.plates(asked),
        "digits": range(10),
        "no_digit": NO_DIGIT,
    }
    return render(request, "studies/participant/viewing_check.html", context)


@answer
def check(request: HttpRequest, participant: Participant) -> None:
    """One attempt."""
    checking.record(participant, request.POST.dict())


@answer
def go_on(request: HttpRequest, participant: Participant) -> None:
    """In spite of a failed check, where the study only warns."""
    checking.go_on(participant)


@answer
def give_up(request: HttpRequest, participant: Participant) -> None:
    """What has failed cannot be mended."""
    checking.give_up(participant)


@cache_control(private=True, no_store=True)
@require_safe
def pattern(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """A picture of the next attempt."""
    participant = get_participant_or_404(request, get_study_by_slug_or_404(slug))
    waiting = viewing.needed(participant) and not (participant.withdrawn_at or participant.failed_at)
    if not waiting or not phases.takes_answers(participant.study):
        raise Http404
    png = checking.pattern_png(participant, name)
    if png is None:
        raise Http404
    return HttpResponse(png, content_type="image/png")
