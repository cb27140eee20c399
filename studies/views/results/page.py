"""The results page, and asking a worker for what is not made yet."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from studies.access import get_study_or_404, has_role
from studies.models import Role
from studies.reports import naming
from studies.reports.colours import RESIDUAL_SCALE, SPREAD_SCALE
from studies.reports.figures import colour_scale
from studies.reports.sentences import caution
from studies.services import results as service
from studies.services.analysis import evidence
from studies.services.analysis.analysis_words import by_rule, differences
from studies.views.researcher.answers import act
from studies.views.results import report
from studies.views.results.cards import cards
from studies.views.results.families import family_rows


@login_required
@never_cache
@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    found = service.collect(study)
    progress = evidence.progress(study, found)
    context = {
        "study": study,
        "results": found,
        "cards": cards(found),
        "state": progress,
        "evidence_error": progress.error,
        "can_edit": has_role(request.user, study, Role.EDITOR),
        "families": family_rows(found.families),
        "naming_told": naming.told(found),
        "naming_tables": naming.tables(found),
        "versions": [(version, differences(version.changes)) for version in found.analysis_versions],
        "by_rule": by_rule(found.excluded),
        "caution": caution(found),
        **report.shown(study, found),
        "has_truth": any(item.truth_sha256 for item in found.items),
        "spread_scale": SPREAD_SCALE,
        "colour_scale": colour_scale(f"Colour scale from 0 to {SPREAD_SCALE}"),
        "residual_scale": RESIDUAL_SCALE,
        "residual_colours": colour_scale(f"Colour scale from 0 to {RESIDUAL_SCALE}"),
    }
    return render(request, "studies/results/page.html", context)


@login_required
@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the ensembles and controls of the present votes; what is made already stays."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    here = reverse("studies:results", args=[study.pk])
    return act(request, lambda: evidence.request(study), "A worker makes the ensembles and the evidence now.", here)


@login_required
@never_cache
@require_safe
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """The line that says what is being made; when all is made, htmx is told to load the page anew."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    state = evidence.progress(study, service.collect(study))
    response = render(request, "studies/results/_status.html", {"study": study, "state": state})
    if not state.being_made:
        response["HX-Refresh"] = "true"
    return response
