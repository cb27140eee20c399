"""Open, close and delete a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from studies.access import get_study_or_404
from studies.models import Role
from studies.services import lifecycle
from studies.views.researcher.answers import act

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@login_required
@require_POST
def open_study(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    done = "The study is open: send people the participants’ link."
    return act(request, lambda: lifecycle.open_study(study, cast("User", request.user)), done, study.get_absolute_url())


@login_required
@require_POST
def close_study(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    done = "The study is closed: it takes no more votes."
    return act(
        request, lambda: lifecycle.close_study(study, cast("User", request.user)), done, study.get_absolute_url()
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks once more and says what goes; POST deletes."""
    study = get_study_or_404(request.user, pk, Role.OWNER)
    if request.method != "POST":
        return render(request, "studies/researcher/delete.html", {"study": study, "items": study.items.count()})
    done = f"“{study.name}” was deleted."
    return act(request, lambda: lifecycle.delete_study(study), done, "studies:list", study.get_absolute_url())
