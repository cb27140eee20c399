"""Upload, look at and remove the items of a study."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from studies.access import get_study_or_404, has_role
from studies.errors import StudyError
from studies.forms import ItemsForm
from studies.forms.items import ItemForm
from studies.forms.uploads import Upload
from studies.models import Item, Role, Study
from studies.services import intake
from studies.services.candidates import drawing
from studies.services.design import items
from studies.views.researcher.answers import act
from studies.views.researcher.pools import groups


@login_required
@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in every file that can be used; say in one sentence each why others cannot."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    form = ItemsForm(request.POST, request.FILES)
    added, refused = 0, []
    if form.is_valid():
        for sent in form.cleaned_data["images"]:
            try:
                added += _take(study, sent)
            except StudyError as error:
                refused.append(error.message if sent.is_archive else f"{sent.name}: {error.message}")
    else:
        refused = [str(sentence) for sentence in form.errors.get("images", [])]
    return _answer(request, study, added, refused)


def _take(study: Study, sent: Upload) -> int:
    """How many items one upload has made."""
    if sent.is_archive:
        return len(intake.add_archive(study, sent.file))
    intake.add_item(study, sent.file, name=sent.name, truth=sent.truth)
    return 1


def _answer(request: HttpRequest, study: Study, added: int, refused: list[str]) -> HttpResponse:
    if added:
        messages.success(request, "1 image was added." if added == 1 else f"{added} images were added.")
    for sentence in refused:
        messages.error(request, sentence)
    return redirect(f"{study.get_absolute_url()}#items")


@login_required
@require_safe
def item(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    shown = get_object_or_404(study.items.select_related("low_res", "truth"), pk=item_pk)
    return _page(request, study, shown)


@login_required
@require_POST
def kind(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """What the image is for; a refusal stands above what was sent."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    marked = get_object_or_404(study.items.select_related("low_res", "truth"), pk=item_pk)
    form = ItemForm(request.POST, item=marked)
    if form.is_valid():
        try:
            items.mark(marked, **form.cleaned_data)
        except StudyError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"“{marked.name}” is now: {marked.get_kind_display()}.")
            return redirect("studies:item", study.pk, marked.pk)
    return _page(request, study, marked, form, status=400)


def _page(
    request: HttpRequest, study: Study, shown: Item, kind_form: ItemForm | None = None, *, status: int = 200
) -> HttpResponse:
    """kind_form: as it was sent, with what is wrong"""
    can_edit = has_role(request.user, study, Role.EDITOR)
    if can_edit and kind_form is None and intake.items_may_change(study):
        kind_form = ItemForm(item=shown)
    neighbours = {
        "previous": study.items.filter(position__lt=shown.position).last(),
        "next": study.items.filter(position__gt=shown.position).first(),
    }
    found, may_change = groups(shown), drawing.may_change(study) and can_edit
    context = {
        "study": study,
        "item": shown,
        "kind_form": kind_form,
        "groups": found,
        "drawn": sum(len(group.samples) for group in found),
        "wanted": sum(source.count for source in drawing.sources(study))
        + sum(group.job.count for group in found if group.job.derivation),
        "several": len(found) > 1,
        "unsettled": not all(group.settled for group in found),
        "may_change": may_change,
        "may_mix": may_change and any(group.mixtures for group in found),
        **neighbours,
    }
    return render(request, "studies/researcher/item.html", context, status=status)


@login_required
@require_POST
def delete(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    gone = get_object_or_404(study.items, pk=item_pk)
    done = f"“{gone.name}” was removed from the study."
    return act(request, lambda: intake.remove_item(gone), done, f"{study.get_absolute_url()}#items")
