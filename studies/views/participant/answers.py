"""What a participant sends: a label, a draft of picks, a ballot. Refusals come back as one sentence."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from studies.access import get_trial_or_404
from studies.errors import VotingError
from studies.models import Participant, Trial
from studies.services import voting
from studies.views.participant.pages import refusal, see_other
from studies.views.participant.trials import show_current

log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest, Trial], HttpResponse]


def _answer(view: Answer) -> Callable[[HttpRequest, str, int], HttpResponse]:
    """A POST about one trial of the participant whose cookie it is; anybody else's is 404."""

    @cache_control(private=True, no_store=True)
    @require_POST
    @wraps(view)
    def wrapped(request: HttpRequest, slug: str, number: int) -> HttpResponse:
        # The services load the row again, with all they check: here its number is enough.
        trial = get_trial_or_404(request, slug, number)
        try:
            return view(request, trial)
        except VotingError as error:
            return refusal(request, slug, error)
        except OperationalError:  # a full disk, a database that is away or locked for long
            log.exception("An answer to study %s could not be stored.", slug)
            sentence = _("Your answer could not be stored just now. Nothing is lost: send it again in a minute.")
            return refusal(request, slug, VotingError(sentence, status=503))

    return wrapped


@_answer
def label(request: HttpRequest, trial: Trial) -> HttpResponse:
    """What they see in the LR image; the answer is the candidates."""
    labelled = voting.give_label(trial, request.POST.get("label", ""), observed=_observed(request))
    return _next(request, labelled.participant)


@_answer
def draft(request: HttpRequest, trial: Trial) -> HttpResponse:
    """The answer so far. 204."""
    voting.save_draft(
        trial,
        _positions(request),
        confidence=_confidence(request),
        region=_region(request),
        observed=_observed(request),
    )
    return HttpResponse(status=204)


@_answer
def ballot(request: HttpRequest, trial: Trial) -> HttpResponse:
    """The picks; the answer is the next trial."""
    done = voting.cast(
        trial,
        submission_id=request.POST.get("submission_id", ""),
        label=request.POST.get("label", ""),
        positions=_positions(request),
        confidence=_confidence(request),
        region=_region(request),
        observed=_observed(request),
    )
    return _next(request, done.ballot.trial.participant)


def _next(request: HttpRequest, participant: Participant) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return show_current(request, participant)
    return see_other("studies:trial", participant.study)


def _positions(request: HttpRequest) -> list[int]:
    try:
        return [int(text) for text in request.POST.getlist("positions")]
    except ValueError:
        raise VotingError(_("Picks must be given as positions of images.")) from None


def _confidence(request: HttpRequest) -> int | None:
    text = request.POST.get("confidence", "")
    try:
        return int(text) if text else None
    except ValueError:
        raise VotingError(_("Say how sure you are with a number from 1 to 5.")) from None


def _region(request: HttpRequest) -> Any:
    """As it came: the service knows what it must be."""
    try:
        return json.loads(request.POST.get("region") or "{}")
    except (ValueError, RecursionError):
        raise VotingError(_("The part that you marked did not arrive whole: send it again.")) from None


def _observed(request: HttpRequest) -> str:
    return request.POST.get("observation", "")
