"""A study's texts in a further language, one page for each."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from studies.access import get_study_or_404
from studies.errors import LifecycleError
from studies.forms.texts import TextsForm
from studies.models import RatingPhase, Role, Study, StudyText
from studies.services.design import translations
from studies.services.opinions import rating_phase
from studies.views.researcher.answers import act


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def texts(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    """GET shows them beside the study's own; POST stores them."""
    study, name = _study(request, pk, language)
    row = translations.get(study, language)
    form = TextsForm(request.POST or None, study=study, texts=row)
    if study.frozen_at is not None:
        for field in form.fields.values():
            field.disabled = True
    elif request.method == "POST" and _save(form, study, language):
        messages.success(request, f"The {name} texts were saved.")
        return redirect(f"{study.get_absolute_url()}#languages")
    context = {"study": study, "form": form, "language": language, "name": name, "stored": row.pk is not None}
    return render(request, "studies/researcher/texts.html", context, status=400 if form.errors else 200)


def _save(form: TextsForm, study: Study, language: str) -> bool:
    """False when the form says why not."""
    if not form.is_valid():
        return False
    fields = form.texts()
    before = translations.stored(translations.get(study, language))
    if problems := translations.validate(study, language, before | fields):
        for field, sentence in problems.items():
            form.add_error(field if field in form.fields else None, sentence)
        return False
    try:
        translations.save(study, language, **fields)
    except LifecycleError as error:
        form.add_error(None, error.message)
    return not form.errors


@login_required
@require_POST
def delete(request: HttpRequest, pk: int, language: str) -> HttpResponse:
    study, name = _study(request, pk, language)
    done = f"The study is not offered in {name} any more."
    return act(request, lambda: translations.remove(study, language), done, f"{study.get_absolute_url()}#languages")


@dataclass(frozen=True)
class Language:
    """One that the study may be had in. lacking: fields that are still in the study's own words."""

    code: str
    name: str
    stored: bool
    lacking: tuple[str, ...]


def overview(study: Study) -> list[Language]:
    """Every language beside the study's own, and how far it is. Two queries."""
    rows, phase = {row.language: row for row in study.texts.all()}, rating_phase.of(study)
    return [
        Language(code, name, code in rows, _lacking(study, rows.get(code), phase))
        for code, name in translations.offered(study)
    ]


def _lacking(study: Study, row: StudyText | None, phase: RatingPhase) -> tuple[str, ...]:
    return tuple(field.replace("_", " ") for field in translations.lacking(study, row, phase)) if row else ()


def _study(request: HttpRequest, pk: int, language: str) -> tuple[Study, str]:
    """The study and the English name of the language; 404 for one that the study cannot have beside its own."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    if language not in dict(translations.offered(study)):
        raise Http404
    return study, translations.name(language)
