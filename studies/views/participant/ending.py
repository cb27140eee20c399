"""The last page: everything is done, or the screen was not let in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from studies.models import Participant, StudyState
from studies.services import rating
from studies.services.people import recruiting
from studies.services.screens import checking, findings, viewing
from studies.views.participant import rating_page
from studies.views.participant.pages import progress


def thanks(request: HttpRequest, participant: Participant) -> HttpResponse:
    rater = rating.rater(participant) if participant.study.state == StudyState.CLOSED else None
    rated = rater.phase.mode if rater is not None and rater.finished_at is not None else ""
    done = rating_page.progress(participant, rater) if rater and rated else progress(participant)
    context = done | {"rated": rated} | _ending(participant, "rated" if rated else "complete")
    return render(request, "studies/participant/thanks.html", context)


def failed(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What the last check has found, and the code for who was sent by a recruiter."""
    found = findings.findings(viewing.rules(participant.study), checking.last(participant))
    context = {
        "study": participant.study,
        "participant": participant,
        "wrong": [one for one in found if not one.passed],
    }
    return render(request, "studies/participant/failed.html", context | _ending(participant, "failed_check"))


def _ending(participant: Participant, outcome: str) -> dict[str, Any]:
    return {"ending": recruiting.ending(participant.study, participant, outcome)}
