"""Asking for the report of a study, how far it is, and its files."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from inference.services import StoreError
from studies.access import get_study_or_404, has_role
from studies.models import Role, Study
from studies.results import StudyResults
from studies.services import report, results
from studies.views.researcher.answers import act

_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


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
    row = report.of(study)
    waits = row is not None and row.made_at is None and not row.error
    context = {"study": study, "can_edit": has_role(request.user, study, Role.EDITOR)}
    found = None if waits else results.collect(study)
    return render(request, "studies/results/_report.html", context | shown(study, found))


def shown(study: Study, found: StudyResults | None) -> dict[str, Any]:
    """What the fragment says. found: None where it does not matter yet whether the report is of the present results"""
    row = report.of(study)
    waits = row is not None and row.made_at is None and not row.error
    current = row is not None and found is not None and report.is_current(row, found)
    return {"report": row, "report_waits": waits, "report_current": current}


@login_required
@never_cache
@require_safe
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """kind: html or pdf. Never shown within the site: it is a file to keep."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    row = report.of(study)
    if row is None or kind not in _TYPES:
        raise Http404
    try:
        data = report.file(row, kind)  # type: ignore[arg-type]
    except StoreError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    if not data:
        raise Http404
    response = HttpResponse(data, content_type=_TYPES[kind])
    name = f"report-{slugify(study.name)[:60] or study.pk}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
