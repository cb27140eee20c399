"""What several participants' pages share: their progress, the pages of one sentence, refusals, redirects after POST."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from studies.errors import StudyError
from studies.models import Participant, Study, StudyState

NOT_OPEN = {
    StudyState.DRAFT: ("This study has not opened yet.", "Please come back later with the same link."),
    StudyState.CLOSED: ("This study is closed.", "Thank you for your interest: no more answers are taken."),
}


def progress(participant: Participant) -> dict[str, Any]:
    """What the templates say about how far a participant has come. One query."""
    ballots = participant.trials.order_by().values_list("ballot", flat=True)
    answered = sum(ballot is not None for ballot in ballots)
    return {"study": participant.study, "participant": participant, "items": len(ballots), "answered": answered}


def not_open(request: HttpRequest, study: Study, participant: Participant | None, *, status: int = 200) -> HttpResponse:
    """The study has not opened yet, or is closed; who takes part may still withdraw."""
    state = Study.objects.values_list("state", flat=True).get(pk=study.pk)
    sentence, detail = NOT_OPEN.get(StudyState(state), ("This study is open.", "Please reload the page."))
    return notice(request, study, sentence, detail, participant=participant, status=status)


def withdrawn(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The page that confirms a withdrawal, also on coming back."""
    return notice(
        request,
        participant.study,
        "You have withdrawn from this study.",
        "Your answers do not count. You can close this page.",
        participant=participant,
    )


def notice(
    request: HttpRequest,
    study: Study,
    sentence: str,
    detail: str,
    *,
    participant: Participant | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"study": study, "sentence": sentence, "detail": detail, "participant": participant}
    return render(request, "studies/participant/notice.html", context, status=status)


def refusal(request: HttpRequest, slug: str, error: StudyError) -> HttpResponse:
    """An answer that was not accepted, in one sentence: a fragment for htmx, else a page."""
    template = "_error.html" if request.headers.get("HX-Request") else "error.html"
    go_on = reverse("studies:trial", args=[slug]) if error.status in (403, 409) else ""
    context = {"sentence": error.message, "go_on": go_on}
    return render(request, f"studies/participant/{template}", context, status=error.status)


def see_other(view: str, study: Study) -> HttpResponse:
    """303: after a POST, the answer is at another page."""
    return HttpResponse(status=303, headers={"Location": reverse(view, args=[study.slug])})
