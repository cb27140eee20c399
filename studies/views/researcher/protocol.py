"""The form of a new study and of an existing one's protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from inference import samplers
from inference.models import Weights
from inference.services import catalogue
from studies.access import get_study_or_404
from studies.errors import StudyError
from studies.forms import StudyForm
from studies.forms.sampler_settings import settings_form
from studies.models import Role, Study
from studies.services import lifecycle
from studies.services.candidates import drawing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PAGE = "studies/researcher/protocol.html"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = StudyForm(request.POST or None, catalogue=catalogue())
    if request.method == "POST":
        owner = cast("User", request.user)
        study = _save(form, lambda fields: lifecycle.create_study(owner, **fields))
        if study is not None:
            return redirect(study)
    return _page(request, form, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = StudyForm(request.POST or None, catalogue=catalogue(), study=study)
    if study.frozen_at is not None:
        form.freeze()
    made = drawing.made_from_others(study)
    if request.method == "POST" and _save(form, lambda fields: lifecycle.update_protocol(study, **fields)):
        messages.success(request, "The protocol was saved.")
        if made and not drawing.made_from_others(study):
            messages.warning(request, drawing.MADE_ARE_GONE)
        return redirect(study)
    return _page(request, form, study)


@login_required
@require_safe
def sampler_settings(request: HttpRequest) -> HttpResponse:
    """The fields of the family that was just chosen, for the form on the page."""
    chosen = request.GET.get("weights", "")
    weights = get_object_or_404(Weights, pk=chosen if chosen.isdecimal() else None)
    form = settings_form(weights.sampler) if weights.sampler in samplers.names() else None
    return render(request, "studies/researcher/_sampler_settings.html", {"settings_form": form})


def _save(form: StudyForm, save: Any) -> Study | None:
    """The saved study; None when the form says why not."""
    if not form.is_valid():
        return None
    problems = lifecycle.validate_protocol(form.stored() | form.protocol())
    if problems:
        form.add_problems(problems)
        return None
    try:
        return save(form.protocol())
    except StudyError as error:
        form.add_error(None, error.message)
        return None


def _page(request: HttpRequest, form: StudyForm, study: Study | None) -> HttpResponse:
    status = 400 if form.is_bound and (form.errors or not form.is_valid()) else 200
    return render(request, PAGE, {"form": form, "study": study}, status=status)
