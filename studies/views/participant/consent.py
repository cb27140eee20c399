"""The participants' link: consent, and coming back. GET changes nothing that counts, so that previews enrol nobody."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from studies.access import get_participant, get_study_by_slug_or_404
from studies.errors import BusyError, ConsentError, FullError, VotingError
from studies.models import Kind, Participant, Source, Study
from studies.services import enrolment, rating
from studies.services.people import consent, places, recruiting
from studies.services.people.recruiting import Door
from studies.services.trials import phases
from studies.views.participant import doors, rating_page, throttle
from studies.views.participant.pages import kept_out, not_open, notice, progress, see_other, withdrawn

private = cache_control(private=True, no_store=True)


@private
def welcome(request: HttpRequest, slug: str) -> HttpResponse:
    """The first page of a study. POST is the consent."""
    study = get_study_by_slug_or_404(slug)
    return _agree(request, study) if request.method == "POST" else _welcome(request, study)


@require_safe
def _welcome(request: HttpRequest, study: Study) -> HttpResponse:
    door = recruiting.platform_door(study, request.GET)
    if door is not None:
        return doors.arrive(request, study, door)
    visitor, door = get_participant(request, study), doors.remembered(request, study)
    if door is None:
        return _stranger(request, study, None) if visitor is None else _back(request, visitor)
    person = enrolment.recognise(study, door, visitor)
    if person is None:
        return _stranger(request, study, door)
    return doors.enter(request, redirect("studies:welcome", study.slug), person, visitor)


def _stranger(request: HttpRequest, study: Study, door: Door | None) -> HttpResponse:
    """Somebody who has not agreed here yet: the consent page, or why there is none."""
    if not phases.takes_answers(study):
        return not_open(request, study, None)
    phase = phases.rating(study)
    if phase is not None and (sentence := phases.kept_out(phase, None)):
        return notice(request, study, sentence, "")
    try:
        recruiting.admit(study, door)
    except VotingError as error:
        return notice(request, study, error.message, "", status=error.status)
    if not places.room(study):
        return _full(request, study, None, status=200)
    return _ask(request, study, door)


def _back(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Somebody who takes part, or did."""
    study = participant.study
    if participant.withdrawn_at is not None:
        return withdrawn(request, participant)
    phase = phases.rating(study)
    if phase is not None and phases.kept_out(phase, participant):
        return kept_out(request, participant)
    rater = rating.rater(participant) if phase else None
    if (rater or participant).finished_at is not None and (rater or phase is None):
        return redirect("studies:thanks", study.slug)
    if participant.failed_at is not None:
        return redirect("studies:trial", study.slug)
    if not phases.takes_answers(study):
        return not_open(request, study, participant)
    try:
        enrolment.check_present(participant)
    except ConsentError:
        return _ask(request, study, None, participant=participant)
    except FullError:
        return _full(request, study, participant, status=200)
    if phase is not None and rater is None:
        return redirect("studies:trial", study.slug)
    context = rating_page.progress(participant, rater) if rater else progress(participant)
    return render(request, "studies/participant/continue.html", context)


def _agree(request: HttpRequest, study: Study) -> HttpResponse:
    sent = request.POST.get("door", "")
    door, visitor = Door.read(study, sent), get_participant(request, study)
    if sent and door is None:
        return notice(request, study, _("This page is too old: please open your link again."), "", status=400)
    person = enrolment.recognise(study, door, visitor) if door else visitor
    try:
        if person is None:
            person = _enrol(request, study, door)
        elif phases.takes_answers(study) and consent.due(person) and person.withdrawn_at is None:
            consent.agree(person, _language(), request.POST.get("consent", ""))
    except VotingError as error:
        return _refused(request, study, person, door, error)
    to = "studies:welcome" if person.withdrawn_at else "studies:trial"
    return doors.enter(request, see_other(to, study), person, visitor)


def _enrol(request: HttpRequest, study: Study, door: Door | None) -> Participant:
    throttle.refuse_too_many(request, study, door)
    shown = request.POST.get("consent", "")
    return enrolment.enrol(study, language=_language(), door=door, shown=shown)[0]


def _refused(
    request: HttpRequest, study: Study, person: Participant | None, door: Door | None, error: VotingError
) -> HttpResponse:
    if isinstance(error, ConsentError):
        return _ask(request, study, door, participant=person, changed=True, status=error.status)
    if isinstance(error, FullError):
        return _full(request, study, person, status=error.status)
    if not phases.takes_answers(study):
        return not_open(request, study, None, status=error.status)
    response = notice(request, study, error.message, "", status=error.status)
    if isinstance(error, BusyError):
        response["Retry-After"] = str(error.wait)
    return response


def _ask(
    request: HttpRequest,
    study: Study,
    door: Door | None,
    *,
    participant: Participant | None = None,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The consent page. changed: the text that was agreed to has changed since."""
    context = {
        "study": study,
        "consent": consent.current(study, _language()),
        "door": door.signed(study) if door else "",
        "participant": participant,
        "sent_by": _sent_by(door),
        "changed": changed or participant is not None,
        "preview": recruiting.is_preview(request.GET),
    }
    outline = _outline(study) if phases.rating(study) is None else rating_page.outline(study, participant)
    return render(request, "studies/participant/welcome.html", context | outline, status=status)


def _sent_by(door: Door | None) -> str:
    """What the recruiter is called, or "personal"; "" for the open link."""
    if door is None or door.source == Source.PERSONAL:
        return door.source if door else ""
    return str(Source(door.source).label)


def _full(request: HttpRequest, study: Study, participant: Participant | None, *, status: int) -> HttpResponse:
    """No place is free, or none any more. Not a dead end: with the study's code for this, and a way back."""
    ending = recruiting.ending(study, participant, "full")
    context = {"study": study, "participant": participant, "ending": ending}
    return render(request, "studies/participant/full.html", context, status=status)


def _language() -> str:
    return translation.get_language() or ""


def _outline(study: Study) -> dict[str, Any]:
    """How many images and candidates there are, and how long it takes. items: as trials count them, with repeats"""
    pools = list(study.items.annotate(size=Sum("jobs__count", default=0)).values_list("size", "kind"))
    again = [size for size, kind in pools if kind == Kind.MAIN][: study.repeats]
    sizes = [size for size, _kind in pools] + again
    practice = sum(kind == Kind.PRACTICE for _size, kind in pools)
    return {
        "items": len(sizes) - practice,
        "practice": practice,
        "candidates": max(sizes, default=0),
        "pools_differ": len(set(sizes)) > 1,
        "minutes": _minutes(sizes),
    }


def _minutes(sizes: list[int]) -> int:
    """What to tell people: a quarter of a minute to look and name, half a second for each candidate of each pool."""
    return max(1, math.ceil(sum(15 + 0.5 * size for size in sizes) / 60))
