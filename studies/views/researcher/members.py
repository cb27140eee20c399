"""Members of a study: owners add and remove them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from studies.access import get_study_or_404
from studies.errors import StudyError
from studies.forms import MemberForm
from studies.models import Role
from studies.services import members
from studies.views.researcher.answers import act, refusal


@login_required
@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.OWNER)
    form = MemberForm(request.POST)
    here = f"{study.get_absolute_url()}#members"
    if not form.is_valid():
        return refusal(request, StudyError("Give the user name of the new member and choose a role."), here)
    name, role = form.cleaned_data["username"], Role(form.cleaned_data["role"])
    return act(request, lambda: members.add(study, name, role), f"{name} is now {role.label} of this study.", here)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, membership_pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.OWNER)
    membership = get_object_or_404(study.memberships.select_related("user"), pk=membership_pk)
    done = f"{membership.user} is no longer a member of this study."
    to = "studies:list" if membership.user == request.user else f"{study.get_absolute_url()}#members"
    return act(request, lambda: members.remove(membership), done, to)
