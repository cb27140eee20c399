"""Where the participant is now, at one address: whatever step of the flow it is, and the end of it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url

from studies.access import get_participant, get_study_by_slug_or_404
from studies.errors import VotingError
from studies.models import Participant
from studies.services import enrolment, voting
from studies.services.trials import flow, phases, steps
from studies.services.trials.flow import Step
from studies.views.participant import (
    checking,
    ending,
    introduction,
    practice,
    questionnaire,
    rating_page,
    voting_page,
)
from studies.views.participant.pages import kept_out, not_open

private = cache_control(private=True, no_store=True)


@private
@require_safe
def trial(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the participant is now; strangers and those who left are shown the door they came by."""
    study = get_study_by_slug_or_404(slug)
    participant = get_participant(request, study)
    if participant is None or participant.withdrawn_at is not None:
        return redirect("studies:welcome", slug)
    current = steps.step(participant)
    return redirect("studies:thanks", slug) if current.kind == flow.DONE else _show(request, participant, current)


@private
@require_safe
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """When all is done; earlier, back to where they are."""
    study = get_study_by_slug_or_404(slug)
    participant = get_participant(request, study)
    if participant is None or participant.withdrawn_at is not None:
        return redirect("studies:welcome", slug)
    if steps.step(participant).kind != flow.DONE:
        return redirect("studies:trial", slug)
    return ending.thanks(request, participant)


def show_current(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The current step; as a fragment when htmx asks, which is how a ballot is answered."""
    return _show(request, participant, steps.step(participant))


def _show(request: HttpRequest, participant: Participant, current: Step) -> HttpResponse:
    if current.kind == flow.DONE:
        response = ending.thanks(request, participant)
        return replace_url(response, reverse("studies:thanks", args=[participant.study.slug]))
    if current.kind == flow.FAILED:
        return ending.failed(request, participant)
    if not phases.takes_answers(participant.study):
        return not_open(request, participant.study, participant)
    if current.kind == steps.KEPT_OUT:
        return kept_out(request, participant)
    try:
        enrolment.check_present(participant)
    except VotingError:  # the first page says what is due
        return redirect("studies:welcome", participant.study.slug)
    return _PAGES[current.kind](request, participant, current)


def _vote(request: HttpRequest, participant: Participant, current: Step) -> HttpResponse:
    assert current.trial is not None
    voting.begin(current.trial)
    return render(request, "studies/participant/trial.html", voting_page.context(participant, current.trial))


_PAGES: dict[str, Callable[[HttpRequest, Participant, Step], HttpResponse]] = {
    flow.VIEWING: checking.page,
    flow.INTRODUCTION: introduction.page,
    flow.TRIAL: _vote,
    flow.FEEDBACK: practice.page,
    flow.QUESTIONNAIRE: questionnaire.page,
    steps.RATING_START: rating_page.start,
    steps.RATING: rating_page.page,
}
