"""Who may see what: researchers by their role on a study, participants by the secret in their cookie."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.signing import get_cookie_signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from studies.models import Participant, Role, Study, Trial
from studies.services import enrolment
from studies.services.people import places

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


def cookie_name(slug: str) -> str:
    return f"participant_{slug}"


def cookie_value(study: Study, token: str) -> str:
    """The participant's secret, signed with a time, as the cookie holds it."""
    return get_cookie_signer(salt=cookie_name(study.slug) + _SALT).sign(token)


def set_participant_cookie(response: HttpResponse, study: Study, token: str) -> None:
    """Give the participant's secret to their browser, for the pages of this study only."""
    response.set_cookie(
        cookie_name(study.slug),
        cookie_value(study, token),
        max_age=COOKIE_AGE,
        path=f"/s/{study.slug}/",
        secure=not settings.EMBEDDED,
        httponly=True,
        samesite="Lax",
    )


def get_participant(request: HttpRequest, study: Study) -> Participant | None:
    """The participant whose browser this is, withdrawn or not; None without a valid cookie. Notes the visit."""
    participant = _whose(request, study.slug)
    if participant is not None:
        participant.study = study
        places.seen(participant)
    return participant


def participant_language(request: HttpRequest, slug: str) -> str:
    """The language of the participant whose browser this is; "" for a stranger."""
    participant = _whose(request, slug)
    return participant.language if participant else ""


def get_participant_or_404(request: HttpRequest, study: Study) -> Participant:
    """As `get_participant`, and 404 for a stranger."""
    participant = get_participant(request, study)
    if participant is None:
        raise Http404
    return participant


def get_trial_or_404(request: HttpRequest, slug: str, number: int, *related: str) -> Trial:
    """The trial of this number of the participant whose browser this is, in one query; 404 for a stranger.

    related: what the query brings along, as `select_related` names it
    """
    token = _token(request, slug)
    if token is None:
        raise Http404
    trials = enrolment.trials(slug, token).select_related("participant", *related)
    trial = get_object_or_404(trials, number=number)
    places.seen(trial.participant)
    return trial


def _whose(request: HttpRequest, slug: str) -> Participant | None:
    """The participant whose browser this is. One query for a request, however many ask."""
    known: dict[str, Participant | None] = request.__dict__.setdefault("_participants", {})
    if slug not in known:
        token = _token(request, slug)
        known[slug] = enrolment.find(slug, token) if token else None
    return known[slug]


def _token(request: HttpRequest, slug: str) -> str | None:
    """The secret in the cookie; None where there is none, or one that we did not sign."""
    return request.get_signed_cookie(cookie_name(slug), default=None, salt=_SALT, max_age=COOKIE_AGE)
