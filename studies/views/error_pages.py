"""The pages for what goes wrong outside any form; below the participants' addresses in their language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views import csrf, defaults

from studies.views.participant.language import preferred


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    with translation.override(_language(request)):
        return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    with translation.override(_language(request)):
        return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    with translation.override(_language(request)):
        return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "", **options: Any) -> HttpResponse:
    with translation.override(_language(request)):
        return csrf.csrf_failure(request, reason, **options)


def _language(request: HttpRequest) -> str:
    """Without the database, which may be what went wrong."""
    theirs = preferred(request) if request.path.startswith("/s/") else ""
    return theirs or settings.LANGUAGE_CODE
