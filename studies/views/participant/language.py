"""In which language a participant's page speaks: their own choice, else their browser's, else the study's.

No middleware: researchers' pages and the administration stay English, whatever a browser prefers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from studies import access
from studies.models import Study
from studies.services import enrolment

COOKIE = "language"
COOKIE_AGE = 180 * 24 * 3600

View = Callable[..., HttpResponseBase]


def localised(view: View) -> View:
    """Speak the participant's language while this view works; `?lang=de` in a link is remembered as a choice."""

    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        with translation.override(language_of(request, kwargs.get("slug", ""))):
            response = view(request, **kwargs)
            if response.headers.get("Content-Type", "").startswith("text/html"):
                response.headers["Content-Language"] = translation.get_language()
        if asked := offered(request.GET.get("lang", "")):
            _remember(response, asked)
        return response

    wrapped.localised = True  # type: ignore[attr-defined]
    return wrapped


def language_of(request: HttpRequest, slug: str) -> str:
    """The language of the interface on this study's pages, one of settings.LANGUAGES."""
    return (
        offered(access.participant_language(request, slug))
        or offered(request.GET.get("lang", ""))
        or preferred(request)
        or offered(Study.objects.filter(slug=slug).values_list("language", flat=True).first() or "")
        or settings.LANGUAGE_CODE
    )


def preferred(request: HttpRequest) -> str:
    """What this browser asks for, by an earlier choice or by its settings; "" when we speak none of it."""
    asked = [request.COOKIES.get(COOKIE, ""), *_accepted(request)]
    return next((language for code in asked if (language := offered(code))), "")


def offered(code: str) -> str:
    """The language of the interface that this code means, such as de for de-AT; "" when there is none."""
    try:
        return translation.get_supported_language_variant(code) if code else ""
    except LookupError:
        return ""


def _accepted(request: HttpRequest) -> list[str]:
    return [code for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]


@cache_control(private=True, no_store=True)
@require_POST
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """The language picker: remember the choice, in the browser and with the participant, and go back to the page."""
    study = access.get_study_by_slug_or_404(slug)
    participant = access.get_participant(request, study)
    response = HttpResponse(status=303, headers={"Location": _back(request, slug)})
    if language := offered(request.POST.get("language", "")):
        if participant is not None:
            enrolment.speak(participant, language)
        _remember(response, language)
    return response


def _back(request: HttpRequest, slug: str) -> str:
    """The page the picker stood on; nothing outside this study's pages."""
    here, home = request.POST.get("next", ""), reverse("studies:welcome", args=[slug])
    safe = here.startswith(home) and url_has_allowed_host_and_scheme(here, allowed_hosts=None)
    return here if safe else home


def _remember(response: HttpResponseBase, language: str) -> None:
    response.set_cookie(
        COOKIE, language, max_age=COOKIE_AGE, path="/s/", secure=not settings.EMBEDDED, httponly=True, samesite="Lax"
    )
