"""What a participant sends: a label, a draft of picks, a ballot. Refusals come back as one sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from studies.access import get_participant_or_404, get_study_by_slug_or_404
from studies.errors import VotingError
from studies.models import Trial
from studies.services import voting
from studies.views.participant.pages import refusal, see_other
from studies.views.participant.trials import show_current

Answer = Callable[[HttpRequest, Trial], HttpResponse]


def _answer(view: Answer) -> Callable[[HttpRequest, str, int], HttpResponse]:
    """A POST about one trial of the participant whose cookie it is; anybody else's is 404."""

    @cache_control(private=True, no_store=True)
    @require_POST
    @wraps(view)
    def wrapped(request: HttpRequest, slug: str, number: int) -> HttpResponse:
        study = get_study_by_slug_or_404(slug)
        participant = get_participant_or_404(request, study)
        trial = get_object_or_404(participant.trials.select_related("participant__study", "item"), number=number)
        try:
            return view(request, trial)
        except VotingError as error:
            return refusal(request, study, error)

    return wrapped


@_answer
def label(request: HttpRequest, trial: Trial) -> HttpResponse:
    """What they see in the LR image; the answer is the candidates."""
    voting.give_label(trial, request.POST.get("label", ""))
    return _next(request, trial)


@_answer
def draft(request: HttpRequest, trial: Trial) -> HttpResponse:
    """Picks so far. 204."""
    voting.save_draft(trial, _positions(request))
    return HttpResponse(status=204)


@_answer
def ballot(request: HttpRequest, trial: Trial) -> HttpResponse:
    """The picks; the answer is the next trial."""
    voting.cast(
        trial,
        submission_id=request.POST.get("submission_id", ""),
        label=request.POST.get("label", ""),
        positions=_positions(request),
    )
    return _next(request, trial)


def _next(request: HttpRequest, trial: Trial) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return show_current(request, trial.participant)
    return see_other("studies:trial", trial.participant.study)


def _positions(request: HttpRequest) -> list[int]:
    try:
        return [int(text) for text in request.POST.getlist("positions")]
    except ValueError:
        raise VotingError("Picks must be given as positions of images.") from None
