"""The doors of a study: who may come in, how many, and the codes and addresses to leave with."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from studies.access import get_study_or_404, has_role
from studies.forms.recruiting import DoorsForm
from studies.models import Role, Study
from studies.services.people import recruiting
from studies.services.people.recruiting import PLATFORMS

#: What stands in the address for an id, until the recruiter puts it in.
_BLANKS = {"prolific": "{{%%%s%%}}", "mturk": "${%s}"}


@login_required
@require_safe
def doors(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    return _page(request, study, DoorsForm(doors=recruiting.of(study)))


@login_required
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = DoorsForm(request.POST, doors=recruiting.of(study))
    if form.is_valid():
        form.add_problems(recruiting.problems(form.values()))
    if not form.is_valid():
        return _page(request, study, form, status=400)
    recruiting.update(study, **form.values())
    messages.success(request, "The doors were saved.")
    return redirect("studies:doors", study.pk)


def _page(request: HttpRequest, study: Study, form: DoorsForm, *, status: int = 200) -> HttpResponse:
    can_edit = has_role(request.user, study, Role.EDITOR)
    if not can_edit:
        for field in form.fields.values():
            field.disabled = True
    link = request.build_absolute_uri(reverse("studies:welcome", args=[study.slug]))
    addresses = [{"source": source, "name": source.label, "address": _address(link, source)} for source in PLATFORMS]
    context = {
        "study": study,
        "here": "doors",
        "form": form,
        "can_edit": can_edit,
        "link": link,
        "addresses": addresses,
    }
    return render(request, "studies/researcher/doors.html", context, status=status)


def _address(link: str, source: str) -> str:
    name, others = PLATFORMS[source]  # type: ignore[index]
    return f"{link}?{'&'.join(f'{key}={_BLANKS[source] % key}' for key in (name, *others))}"
