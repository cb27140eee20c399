"""Asking for the report of a study, how far it is, and its files."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from inference.services import StoreError
from studies.access import get_study_or_404, has_role
from studies.models import Role, Study
from studies.results import BEING_MADE, StudyResults
from studies.services import report, results
from studies.views.researcher.answers import act


@login_required
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a worker for the report of the present results; one that tells them stays."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    here = f"{reverse('studies:results', args=[study.pk])}#report"
    return act(request, lambda: report.request(study, results.collect(study)), "The report is asked for.", here)


@login_required
@never_cache
@require_safe
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that says how far the report is; asked for again while it is being made."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    context = {"study": study, "can_edit": has_role(request.user, study, Role.EDITOR)}
    found = None if report.waits(report.of(study)) else results.collect(study)
    return render(request, "studies/results/_report.html", context | shown(study, found))


def shown(study: Study, found: StudyResults | None) -> dict[str, Any]:
    """What the fragment says. found: None where it does not matter yet whether the report is of the present results"""
    now = report.standing(study, found)
    return {"report": now.row, "report_waits": now.state == BEING_MADE, "report_current": now.current}


@login_required
@never_cache
@require_safe
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """kind: html or pdf. Never shown within the site: it is a file to keep."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    row = report.of(study)
    if row is None or kind not in report.CONTENT_TYPES:
        raise Http404
    try:
        data = report.file(row, kind)  # type: ignore[arg-type]
    except StoreError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    if not data:
        raise Http404
    response = HttpResponse(data, content_type=report.CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{report.filename(study, kind)}"'
    return response
