"""By which door somebody comes: a personal link, or the study's link with a recruiter's id.

Either leaves the address at once. Who is known goes on where they were, on any device; who is not finds the consent
page, and a signed cookie remembers the door until they agree. Link previews are led on and change nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from studies.access import get_participant, set_participant_cookie
from studies.errors import VotingError
from studies.models import Participant, Study
from studies.services import enrolment
from studies.services.people import invitations, recruiting
from studies.services.people.recruiting import Door


@cache_control(private=True, no_store=True)
@require_safe
def personal(request: HttpRequest, key: str) -> HttpResponse:
    """A personal link."""
    invitation = invitations.find(key)
    if invitation is None:
        raise Http404
    try:
        invitations.refuse_unusable(invitation)
    except VotingError as error:
        context = {"study": invitation.study, "sentence": error.message}
        return render(request, "studies/participant/shut.html", context, status=error.status)
    return arrive(request, invitation.study, recruiting.personal_door(invitation))


def arrive(request: HttpRequest, study: Study, door: Door) -> HttpResponse:
    """Lead on to the study's first page, as whoever this door belongs to."""
    visitor = get_participant(request, study)
    person = enrolment.recognise(study, door, visitor)
    if person is not None:
        return enter(request, redirect("studies:welcome", study.slug), person, visitor)
    response = redirect("studies:welcome", study.slug)
    response.set_cookie(
        _name(study),
        door.signed(study),
        path=f"/s/{study.slug}/",
        secure=not settings.EMBEDDED,
        httponly=True,
        samesite="Lax",
    )
    return response


def enter(
    request: HttpRequest, response: HttpResponse, person: Participant, visitor: Participant | None
) -> HttpResponse:
    """Let this browser be the person's from now on, and forget the door."""
    study = person.study
    if person != visitor:
        set_participant_cookie(response, study, enrolment.secret(person))
    if _name(study) in request.COOKIES:
        response.delete_cookie(_name(study), path=f"/s/{study.slug}/", samesite="Lax")
    return response


def remembered(request: HttpRequest, study: Study) -> Door | None:
    """The door by which this browser came, while nobody has agreed here since."""
    return Door.read(study, request.COOKIES.get(_name(study), ""))


def _name(study: Study) -> str:
    return f"door_{study.slug}"
