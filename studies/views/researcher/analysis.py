"""The versions of a study's analysis: what was locked, what was decided otherwise later and why, and one more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from studies.access import get_study_or_404
from studies.errors import StudyError
from studies.forms.analysis import AnalysisForm
from studies.models import Role, Study
from studies.services.analysis import versions
from studies.services.analysis.analysis_words import differences

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def analysis(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = AnalysisForm(request.POST or None, study=study)
    if request.method == "POST" and form.is_valid():
        try:
            made = versions.add(study, cast("User", request.user), **form.values())
        except StudyError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"Results are those of analysis version {made.number} from now on.")
            return redirect("studies:results", study.pk)
    status = 400 if form.is_bound else 200
    return render(request, "studies/researcher/analysis.html", _context(study, form), status=status)


def _context(study: Study, form: AnalysisForm) -> dict[str, Any]:
    rows = study.analysis_versions.select_related("made_by")
    return {
        "study": study,
        "form": form,
        "versions": [(row, differences(row.changes)) for row in rows],
        "locked": versions.locked(study),
    }
