"""How an action of a researcher is answered: one sentence, on the page it came from."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from inference.services import RequestError
from studies.errors import StudyError


def act(
    request: HttpRequest, action: Callable[[], object], done: str, to: str, back: str | None = None
) -> HttpResponse:
    """Do it and go to `to`; when it is refused, say why and go to `back` (by default also `to`)."""
    try:
        action()
    except (StudyError, RequestError) as error:
        return refusal(request, error, back or to)
    messages.success(request, done)
    return redirect(to)


def refusal(request: HttpRequest, error: Exception, to: str) -> HttpResponse:
    """The sentence of an error: with its status for htmx, else as a message on the page `to`."""
    sentence = getattr(error, "message", str(error))
    if getattr(request, "htmx", False):
        status = getattr(error, "status", 400)
        return render(request, "studies/researcher/_notice.html", {"sentence": sentence}, status=status)
    messages.error(request, sentence)
    return redirect(to)
