"""Who may see what: researchers by their role on a study, participants by the secret in their cookie."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.signing import get_cookie_signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from studies.models import Participant, Role, Study
from studies.services import enrolment

COOKIE_AGE = 180 * 24 * 3600
_SALT = "studies.participant"


def get_study_or_404(user: User | AnonymousUser, pk: int, role: Role = Role.VIEWER) -> Study:
    """The study, if this user has at least `role` on it. Forbidden and unknown both answer 404."""
    return get_object_or_404(Study.objects.for_user(user, role).select_related("weights"), pk=pk)


def has_role(user: User | AnonymousUser, study: Study, role: Role) -> bool:
    """Whether pages should offer what needs `role`."""
    return Study.objects.for_user(user, role).filter(pk=study.pk).exists()


def get_study_by_slug_or_404(slug: str) -> Study:
    """The study behind a participants' link, whatever its state."""
    return get_object_or_404(Study, slug=slug)


def cookie_name(study: Study) -> str:
    return f"participant_{study.slug}"


def cookie_value(study: Study, token: str) -> str:
    """The participant's secret, signed with a time, as the cookie holds it."""
    return get_cookie_signer(salt=cookie_name(study) + _SALT).sign(token)


def set_participant_cookie(response: HttpResponse, study: Study, token: str) -> None:
    """Give the participant's secret to their browser, for the pages of this study only."""
    response.set_cookie(
        cookie_name(study),
        cookie_value(study, token),
        max_age=COOKIE_AGE,
        path=cookie_path(study),
        secure=not settings.EMBEDDED,
        httponly=True,
        samesite="Lax",
    )


def delete_participant_cookie(response: HttpResponse, study: Study) -> None:
    response.delete_cookie(cookie_name(study), path=cookie_path(study), samesite="Lax")


def cookie_path(study: Study) -> str:
    return f"/s/{study.slug}/"


def get_participant(request: HttpRequest, study: Study) -> Participant | None:
    """The participant whose browser this is, withdrawn or not; None without a valid cookie."""
    token = request.get_signed_cookie(cookie_name(study), default=None, salt=_SALT, max_age=COOKIE_AGE)
    return enrolment.find(study, token) if token else None


def get_participant_or_404(request: HttpRequest, study: Study) -> Participant:
    """As `get_participant`, and 404 for a stranger."""
    participant = get_participant(request, study)
    if participant is None:
        raise Http404
    return participant
