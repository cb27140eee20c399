"""The rating phase of a study: settings, methods, pictures to be rated, opening and closing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from studies.access import get_study_or_404, has_role
from studies.errors import StudyError
from studies.forms.rating import MethodForm, RatingPhaseForm
from studies.models import RatingPhase, Role, Stimulus, Study
from studies.services.opinions import methods, rating_phase, stimuli
from studies.views.researcher.answers import act


@login_required
@require_safe
def rating(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_study_or_404(request.user, pk, Role.VIEWER))


def _page(
    request: HttpRequest,
    study: Study,
    *,
    form: RatingPhaseForm | None = None,
    method_form: MethodForm | None = None,
    status: int = 200,
) -> HttpResponse:
    phase, can_edit = rating_phase.of(study), has_role(request.user, study, Role.EDITOR)
    begun = rating_phase.has_begun(phase)
    form = form or RatingPhaseForm(phase=phase)
    fixed = begun or phase.is_open or not can_edit
    for field in form.fields.values():
        field.disabled = fixed
    context = {
        "study": study,
        "phase": phase,
        "form": form,
        "method_form": method_form or MethodForm(),
        "methods": study.methods.annotate(count=Count("images")),
        "items": study.items.main().count(),
        "can_edit": can_edit,
        "begun": begun,
        "fixed": fixed,
        "link": request.build_absolute_uri(reverse("studies:welcome", args=[study.slug])),
        **(_state(study, phase) if phase.pk else {}),
    }
    return render(request, "studies/researcher/rating.html", context, status=status)


def _state(study: Study, phase: RatingPhase) -> dict[str, Any]:
    return {
        "progress": stimuli.progress(phase),
        "missing": rating_phase.missing(study, phase),
        "numbers": rating_phase.numbers(phase),
        "design": rating_phase.design(phase),
        "sheet": _sheet(phase),
    }


def _sheet(phase: RatingPhase) -> list[tuple[Any, list[Stimulus]]]:
    """Items with their stimuli."""
    rows = phase.stimuli.select_related("item__low_res", "method").order_by("item__position", "pk")
    found: dict[Any, list[Stimulus]] = {}
    for row in rows:
        found.setdefault(row.item, []).append(row)
    return list(found.items())


@login_required
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = RatingPhaseForm(request.POST, phase=rating_phase.of(study))
    if not form.is_valid():
        return _page(request, study, form=form, status=400)
    return act(request, lambda: rating_phase.update(study, **form.values()), "The settings are saved.", _here(study))


@login_required
@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Results of one method, many files at once; refusals stand beside the form."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = MethodForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, study, method_form=form, status=400)
    sent = form.cleaned_data
    try:
        methods.add(study, sent["name"], sent["pictures"], pattern=sent["pattern"])
    except StudyError as error:
        form.add_error("pictures", error.message)
        return _page(request, study, method_form=form, status=error.status)
    return act(request, lambda: None, f"The pictures of {sent['name']} are stored.", _here(study))


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, method_pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    gone = get_object_or_404(study.methods, pk=method_pk)
    return act(request, lambda: methods.remove(gone), f"“{gone.name}” was removed.", _here(study))


@login_required
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    study, phase = _phase(request, pk)
    return act(request, lambda: stimuli.ask(phase), "A worker makes the pictures now.", _here(study))


@login_required
@require_POST
def open_phase(request: HttpRequest, pk: int) -> HttpResponse:
    study, phase = _phase(request, pk)
    done = "People can rate now: send them the participants’ link."
    return act(request, lambda: rating_phase.open_phase(phase), done, _here(study))


@login_required
@require_POST
def close_phase(request: HttpRequest, pk: int) -> HttpResponse:
    study, phase = _phase(request, pk)
    done = "The rating phase is closed: it takes no more ratings."
    return act(request, lambda: rating_phase.close_phase(phase), done, _here(study))


def _phase(request: HttpRequest, pk: int) -> tuple[Study, RatingPhase]:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    return study, get_object_or_404(RatingPhase.objects.select_related("study"), study=study)


def _here(study: Study) -> str:
    return reverse("studies:rating", args=[study.pk])
