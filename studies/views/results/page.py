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
from studies.reports.colours import RESIDUAL_SCALE, SPREAD_SCALE
from studies.reports.figures import colour_scale
from studies.reports.sentences import caution
from studies.results import BEING_MADE, FAILED, MADE, NOT_MADE, EvaluationResult, StudyResults
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
    evidence_state, error = evidence.state(study)
    context = {
        "study": study,
        "results": found,
        "cards": cards(found),
        "state": _state(found, evidence_state),
        "evidence_error": error,
        "can_edit": has_role(request.user, study, Role.EDITOR),
        "families": family_rows(found.families),
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
    evidence_state, _ = evidence.state(study)
    state = _state(service.collect(study), evidence_state)
    response = render(request, "studies/results/_status.html", {"study": study, "state": state})
    if not state["being_made"]:
        response["HX-Refresh"] = "true"
    return response


def _state(found: StudyResults, evidence_state: str) -> dict[str, int]:
    """How much waits for a worker, the evidence included, and how much of what votes allow nobody has asked for."""
    states = [(_item_state(item.evaluation), bool(item.selection.chosen)) for item in found.items]
    missing = not found.evidence and any(item.ballots for item in found.items)
    return {
        "being_made": sum(state == BEING_MADE for state, _ in states) + (evidence_state == BEING_MADE),
        "to_make": sum(state in (NOT_MADE, FAILED) and voted for state, voted in states)
        + (missing and evidence_state != BEING_MADE),
        "parts": len(states) + 1,
    }


def _item_state(evaluation: EvaluationResult) -> str:
    """Of the evaluation, and once that is made of its variants."""
    return evaluation.variants.state if evaluation.state == MADE else evaluation.state
