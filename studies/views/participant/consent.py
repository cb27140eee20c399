"""Coming in by consent, coming back by the same link, and leaving the study."""

from __future__ import annotations

import math

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from studies.access import (
    get_participant,
    get_participant_or_404,
    get_study_by_slug_or_404,
    set_participant_cookie,
)
from studies.errors import VotingError
from studies.models import Participant, Study, StudyState
from studies.services import enrolment
from studies.views.participant.pages import not_open, progress, see_other, withdrawn

private = cache_control(private=True, no_store=True)


@private
def welcome(request: HttpRequest, slug: str) -> HttpResponse:
    """The participants' link. GET changes nothing, so that link previews enrol nobody; POST is the consent."""
    study = get_study_by_slug_or_404(slug)
    participant = get_participant(request, study)
    if request.method == "POST":
        return _enrol(request, study, participant)
    return _welcome(request, study, participant)


@require_safe
def _welcome(request: HttpRequest, study: Study, participant: Participant | None) -> HttpResponse:
    if participant is not None and participant.withdrawn_at is not None:
        return withdrawn(request, participant)
    if participant is not None and participant.finished_at is not None:
        return redirect("studies:thanks", study.slug)
    if study.state != StudyState.OPEN:
        return not_open(request, study, participant)
    if participant is not None:
        return render(request, "studies/participant/continue.html", progress(participant))
    pools = study.items.annotate(size=Sum("jobs__count", default=0))
    sizes = list(pools.values_list("size", flat=True))
    most = max(sizes, default=0)
    candidates = str(most) if len(set(sizes)) < 2 else f"up to {most}"
    context = {"study": study, "items": len(sizes), "candidates": candidates, "minutes": _minutes(sizes)}
    return render(request, "studies/participant/welcome.html", context)


def _enrol(request: HttpRequest, study: Study, participant: Participant | None) -> HttpResponse:
    if participant is not None:
        return see_other("studies:welcome" if participant.withdrawn_at else "studies:trial", study)
    try:
        _, token = enrolment.enrol(study)
    except VotingError as error:
        return not_open(request, study, None, status=error.status)
    response = see_other("studies:trial", study)
    set_participant_cookie(response, study, token)
    return response


@private
@require_POST
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave the study, in whatever state it is."""
    study = get_study_by_slug_or_404(slug)
    enrolment.withdraw(get_participant_or_404(request, study))
    return see_other("studies:welcome", study)


def _minutes(sizes: list[int]) -> int:
    """What to tell people: a quarter of a minute to look and name, half a second for each candidate of each pool."""
    return max(1, math.ceil(sum(15 + 0.5 * size for size in sizes) / 60))
