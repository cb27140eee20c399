"""What several participants' pages share: their progress, the pages of one sentence, refusals, redirects after POST."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from studies.access import get_participant_or_404, get_study_by_slug_or_404
from studies.errors import StudyError, VotingError
from studies.models import Kind, Participant, Study, StudyState, Trial
from studies.services.people import privacy, recruiting
from studies.services.trials import phases

log = logging.getLogger(__name__)

#: Takes the request, the participant, and what else the address says.
Leave = Callable[..., HttpResponse | None]


def progress(participant: Participant, trial: Trial | None = None) -> dict[str, Any]:
    """What the templates say about how far a participant has come. One query.

    trial: the one that is shown; by default the first without an answer
    items, answered: without practice. Attention checks and repeats count as images: nothing betrays them.
    place: "Practice 1 of 2", "Image 3 of 10"; last: nothing is asked after this trial
    """
    rows = list(participant.trials.order_by("number").values_list("number", "ballot", "item__kind"))
    counted = [ballot is not None for _number, ballot, kind in rows if kind != Kind.PRACTICE]
    open_ones = [number for number, ballot, _kind in rows if ballot is None]
    number = trial.number if trial else min(open_ones, default=len(rows))
    study, practice = participant.study, len(rows) - len(counted)
    return {
        "study": study,
        "participant": participant,
        "items": len(counted),
        "answered": sum(counted),
        "practice": number <= practice,
        "place": _place(number, practice, len(counted)),
        "last": open_ones == [number] and not study.questionnaire,
    }


def whose(participant: Participant) -> str:
    """Under which a browser keeps what is not sent yet: nobody else's, should two people share a device."""
    return hashlib.sha256(f"drafts of {participant.token_sha256}".encode()).hexdigest()[:16]


def _place(number: int, practice: int, items: int) -> str:
    """Practice comes first, so that a trial's number tells whether it is one."""
    if number <= practice:
        return _("Practice %(number)s of %(all)s") % {"number": number, "all": practice}
    return _("Image %(number)s of %(all)s") % {"number": number - practice, "all": items}


def answer(view: Leave) -> Callable[..., HttpResponse]:
    """A POST that brings the participant whose cookie it is on; the answer is the page of their next step.

    Anybody else, also somebody who has withdrawn, gets 404. What the view returns is answered instead.
    """

    @cache_control(private=True, no_store=True)
    @require_POST
    @wraps(view)
    def wrapped(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        participant = get_participant_or_404(request, get_study_by_slug_or_404(slug))
        if participant.withdrawn_at is not None:
            raise Http404
        try:
            answered = view(request, participant, **kwargs)
        except StudyError as error:
            return refusal(request, slug, error)
        except OperationalError:  # a full disk, a database that is away or locked for long
            log.exception("An answer to study %s could not be stored.", slug)
            sentence = _("Your answer could not be stored just now. Nothing is lost: send it again in a minute.")
            return refusal(request, slug, VotingError(sentence, status=503))
        return answered or see_other("studies:trial", participant.study)

    return wrapped


def not_open(request: HttpRequest, study: Study, participant: Participant | None, *, status: int = 200) -> HttpResponse:
    """The study has not opened yet, or is closed; who takes part may still withdraw."""
    state = Study.objects.values_list("state", flat=True).get(pk=study.pk)
    sentence, detail = {
        StudyState.DRAFT: (_("This study has not opened yet."), _("Please come back later with the same link.")),
        StudyState.CLOSED: (
            _("This study is closed."),
            _("Thank you for your interest: no more answers are taken."),
        ),
        StudyState.OPEN: (_("This study is open."), _("Please reload the page.")),
    }[StudyState(state)]
    ending = recruiting.ending(study, participant, "full") if state == StudyState.CLOSED else None
    return notice(request, study, sentence, detail, participant=participant, ending=ending, status=status)


def kept_out(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Somebody who does not rate: kindly, why."""
    phase = phases.rating(participant.study)
    sentence = phases.kept_out(phase, participant) if phase else ""
    detail = _("Thank you for your interest.")
    return notice(request, participant.study, sentence, detail, participant=participant)


def withdrawn(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The page that confirms a withdrawal, also on coming back."""
    kept = privacy.has_answers(participant)
    context = {
        "study": participant.study,
        "participant": participant,
        "sentence": _("You have withdrawn from this study."),
        "detail": _("Your answers do not count. You can close this page.")
        if kept
        else _("Nothing of what you answered is stored any more. You can close this page."),
        "kept": kept,
    }
    return render(request, "studies/participant/notice.html", context)


def notice(
    request: HttpRequest,
    study: Study,
    sentence: str,
    detail: str,
    *,
    participant: Participant | None = None,
    ending: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """One sentence, what follows from it, and for who was sent here the code and the way back."""
    context = {"study": study, "sentence": sentence, "detail": detail, "participant": participant, "ending": ending}
    return render(request, "studies/participant/notice.html", context, status=status)


def refusal(request: HttpRequest, slug: str, error: StudyError) -> HttpResponse:
    """An answer that was not accepted, in one sentence: a fragment for htmx, else a page that leads back."""
    fragment = bool(request.headers.get("HX-Request"))
    template = "_error.html" if fragment else "error.html"
    go_on = "" if fragment and error.status not in (403, 409) else reverse("studies:trial", args=[slug])
    context = {"sentence": error.message, "go_on": go_on}
    return render(request, f"studies/participant/{template}", context, status=error.status)


def see_other(view: str, study: Study) -> HttpResponse:
    """303: after a POST, the answer is at another page."""
    return HttpResponse(status=303, headers={"Location": reverse(view, args=[study.slug])})
