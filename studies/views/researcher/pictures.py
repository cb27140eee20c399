"""Pictures for a study's texts: look, upload, remove."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inference import services as inference
from studies.access import get_study_or_404, has_role
from studies.forms.items import PictureForm
from studies.models import Role, Study
from studies.services.design import pictures
from studies.views.researcher.answers import act


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest, pk: int) -> HttpResponse:
    """GET for every colleague, POST uploads one."""
    if request.method == "POST":
        return _upload(request, get_study_or_404(request.user, pk, Role.EDITOR))
    return _page(request, get_study_or_404(request.user, pk, Role.VIEWER), PictureForm())


def _upload(request: HttpRequest, study: Study) -> HttpResponse:
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, study, form, status=400)
    sent = form.cleaned_data
    here = reverse("studies:pictures", args=[study.pk])
    return act(request, lambda: pictures.add(study, sent["file"], name=sent["name"]), "The picture is stored.", here)


def _page(request: HttpRequest, study: Study, form: PictureForm, status: int = 200) -> HttpResponse:
    context = {
        "study": study,
        "form": form,
        "pictures": study.pictures.all(),
        "missing": pictures.missing(study),
        "may_change": pictures.may_change(study) and has_role(request.user, study, Role.EDITOR),
    }
    return render(request, "studies/researcher/pictures.html", context, status=status)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    gone = get_object_or_404(study.pictures, name=name)
    here = reverse("studies:pictures", args=[study.pk])
    return act(request, lambda: pictures.remove(gone), f"“{gone.name}” was removed.", here)


@login_required
@cache_control(private=True, no_cache=True)
@require_safe
def picture(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    try:
        data = pictures.png(get_object_or_404(study.pictures, name=name))
    except inference.StoreError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(data, content_type="image/png")
