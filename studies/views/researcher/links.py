"""Personal links: make, look at, print, take along as a table, revoke."""

from __future__ import annotations

import csv
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from studies.access import get_study_or_404, has_role
from studies.errors import StudyError
from studies.exports.cells import cell
from studies.forms.recruiting import LinksForm
from studies.models import Invitation, Role, Study
from studies.services.people import invitations
from studies.views.researcher.people import pages


@login_required
@never_cache
@require_safe
def links(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_study_or_404(request.user, pk, Role.VIEWER), LinksForm())


@login_required
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = LinksForm(request.POST)
    if form.is_valid():
        try:
            made = invitations.make(
                study, form.cleaned_data["count"], note=form.cleaned_data["note"], expires_at=form.expires_at()
            )
        except StudyError as error:
            form.add_error("expires", error.message)
        else:
            which = f"Link {made[0].number} was" if len(made) == 1 else f"{len(made)} links were"
            messages.success(request, f"{which} made. Print them, or take them along as a table.")
            return redirect("studies:links", study.pk)
    return _page(request, study, form, status=400)


@login_required
@never_cache
@require_safe
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """One slip for each link that nobody has used yet, in the study's language."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    slips = [(one.number, _address(request, one)) for one in _unused(request, study)]
    language = study.language if study.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        return render(request, "studies/researcher/links_print.html", {"study": study, "slips": slips})


@login_required
@never_cache
@require_safe
def table(request: HttpRequest, pk: int) -> HttpResponse:
    """The links that nobody has used yet, as CSV."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="links-{study.pk}.csv"'},
    )
    rows = csv.writer(response)
    rows.writerow(["number", "note", "link", "expires_at"])
    for one in _unused(request, study):
        rows.writerow([cell(value) for value in (one.number, one.note, _address(request, one), one.expires_at)])
    return response


@login_required
@require_POST
def revoke(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    invitations.revoke(get_object_or_404(study.invitations, number=number))
    messages.success(request, f"Link {number} opens nothing any more.")
    return redirect("studies:links", study.pk)


def _page(request: HttpRequest, study: Study, form: LinksForm, *, status: int = 200) -> HttpResponse:
    context = {
        "study": study,
        "here": "links",
        "form": form,
        "can_edit": has_role(request.user, study, Role.EDITOR),
        "unused": invitations.unused(study).count(),
        **pages(request, study.invitations.order_by("-number")),
    }
    context["rows"] = [(one, invitations.state(one).value) for one in context["page"]]
    return render(request, "studies/researcher/links.html", context, status=status)


def _unused(request: HttpRequest, study: Study) -> QuerySet[Invitation]:
    """Those asked for by `?from=31&to=60`; without, all."""
    bounds: dict[str, Any] = {
        lookup: int(text)
        for name, lookup in (("from", "number__gte"), ("to", "number__lte"))
        if (text := request.GET.get(name, "")).isdecimal() and len(text) < 9
    }
    return invitations.unused(study).filter(**bounds)


def _address(request: HttpRequest, invitation: Invitation) -> str:
    return request.build_absolute_uri(reverse("studies:invitation", args=[invitations.key(invitation)]))
