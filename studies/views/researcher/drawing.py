"""Start, watch and cancel the drawing of a study's candidates."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from studies.access import get_study_or_404
from studies.models import Role
from studies.services.candidates import drawing
from studies.views.researcher.answers import act
from studies.views.researcher.study import drawing_context


@login_required
@require_POST
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    here = f"{study.get_absolute_url()}#drawing"
    return act(request, lambda: drawing.start(study), "A worker draws the candidates now.", here)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    here = f"{study.get_absolute_url()}#drawing"
    return act(request, lambda: drawing.cancel(study), "Drawing stops; what is drawn is kept.", here)


@login_required
@never_cache
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The drawing panel. It asks for itself again only while something is being drawn."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    return render(request, "studies/researcher/_progress.html", {**drawing_context(request, study), "polled": True})
