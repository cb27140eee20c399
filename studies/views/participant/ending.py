"""The last page: everything is done, or the screen was not let in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from studies.models import Participant
from studies.services import checking, findings, recruiting, viewing
from studies.views.participant.pages import progress


def thanks(request: HttpRequest, participant: Participant) -> HttpResponse:
    context = progress(participant) | _ending(participant, "complete")
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
