"""Not agreeing, leaving, and taking along what is stored."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from studies.access import get_participant, get_participant_or_404, get_study_by_slug_or_404
from studies.services import enrolment
from studies.services.people import consent, privacy, recruiting
from studies.views.files import as_file
from studies.views.participant.pages import see_other

private = cache_control(private=True, no_store=True)


@private
@require_safe
def declined(request: HttpRequest, slug: str) -> HttpResponse:
    """“I do not agree”: nothing is stored, and whoever was sent here finds the way back."""
    study = get_study_by_slug_or_404(slug)
    participant = get_participant(request, study)
    if participant is not None and (participant.withdrawn_at is not None or not consent.due(participant)):
        return redirect("studies:welcome", slug)
    ending = recruiting.ending(study, participant, "no_consent")
    context = {"study": study, "participant": participant, "ending": ending}
    return render(request, "studies/participant/declined.html", context)


@private
@require_POST
def withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave the study, in whatever state it is; who wants it has their answers deleted, now or on coming back."""
    study = get_study_by_slug_or_404(slug)
    participant = get_participant_or_404(request, study)
    enrolment.withdraw(participant)
    if "delete" in request.POST:
        privacy.erase_answers(participant)
    return see_other("studies:welcome", study)


@private
@require_safe
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything that is stored about the participant whose browser this is, as a file."""
    study = get_study_by_slug_or_404(slug)
    return as_file(privacy.export(get_participant_or_404(request, study)), "my-data.json")
