"""Mix candidates of further weights into the pools of a study, and take them out again."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from inference.services import catalogue
from studies.access import get_study_or_404
from studies.errors import StudyError
from studies.forms import AdditionForm
from studies.models import Role
from studies.services.candidates import additions
from studies.views.researcher.answers import act, refusal


@login_required
@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = AdditionForm(request.POST, catalogue=catalogue(), study=study)
    here = f"{study.get_absolute_url()}#additions"
    if not form.is_valid():
        return refusal(request, StudyError(form.first_problem()), here)
    weights, count = form.cleaned_data["weights"], form.cleaned_data["count"]
    done = f"Each pool gets {count} candidates of {weights} as well."
    return act(request, lambda: additions.add(study, weights, count=count, settings=form.settings()), done, here)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, addition_pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    gone = get_object_or_404(study.additions.select_related("weights"), pk=addition_pk)
    done = f"The pools have no candidates of {gone.weights} any more."
    return act(request, lambda: additions.remove(gone), done, f"{study.get_absolute_url()}#additions")
