"""The accessibility statement: what works without sight of fine detail, mouse or colour, and what cannot."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from studies.access import get_study_by_slug_or_404


@cache_control(private=True, no_store=True)
@require_safe
def accessibility(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for every study; it stands beside the study so that its language and the way back are known."""
    context = {"study": get_study_by_slug_or_404(slug)}
    return render(request, "studies/participant/accessibility.html", context)
