"""Who takes part in a study, by pseudonym; their data as a file; and forgetting who they are elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from studies.access import get_study_or_404, has_role
from studies.models import Role
from studies.services.people import places, privacy, recruiting, roster
from studies.views.files import as_file

PAGE = 50


@login_required
@never_cache
@require_safe
def people(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    state, search = request.GET.get("state", ""), request.GET.get("search", "").strip()
    can_edit = has_role(request.user, study, Role.EDITOR)
    shown = roster.participants(
        study, state=state if state in roster.State.values else "", search=search, with_ids=can_edit
    )
    context = {
        "study": study,
        "here": "participants",
        "can_edit": can_edit,
        "counts": roster.counts(study),
        "state": state,
        "search": search,
        "doors": recruiting.of(study),
        "taken": places.taken(study).count(),
        **pages(request, shown, state=state, search=search),
    }
    return render(request, "studies/researcher/people.html", context)


@login_required
@never_cache
@require_safe
def data(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """All that is stored about one participant, with who they are elsewhere."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    participant = get_object_or_404(study.participants, code=code)
    return as_file(privacy.export(participant, for_researcher=True), f"participant-{participant.code}.json")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """GET asks once more and says what goes; POST erases."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    participant = get_object_or_404(study.participants.select_related("identity", "invitation"), code=code)
    if request.method != "POST":
        return render(request, "studies/researcher/erase.html", {"study": study, "participant": participant})
    if privacy.erase_identity(participant):
        messages.success(request, f"Nothing leads from participant {participant.code[:8]} to a person any more.")
    return redirect("studies:participants", study.pk)


def pages(request: HttpRequest, rows: QuerySet[Any], **query: str) -> dict[str, Any]:
    """One page of rows, and what the links to others carry on."""
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    kept = urlencode({name: value for name, value in query.items() if value})
    return {"page": page, "query": f"{kept}&" if kept else ""}
