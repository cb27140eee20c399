"""One image as participants meet it, for the members of a study: they look, pick and magnify, and nothing is stored.

Nobody is enrolled: the trial is in no database. Order and pages of its candidates are those of a real one.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST

from studies.access import get_study_or_404
from studies.models import CANNOT_TELL, Item, Participant, Role, Trial
from studies.views.participant import images, voting_page
from studies.views.participant.language import offered


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """The label step, or the candidates: at once where no label is asked, else for the label that is sent."""
    item = _item_or_404(request, pk, item_pk)
    study, where = item.study, [pk, item_pk]
    label = request.POST.get("label", "")
    trial: Any = _trial(item, label if label in (*study.labels, CANNOT_TELL) else "")
    trial.pool = item.pool.count()
    sent = reverse("studies:preview-sent", args=where)
    with translation.override(offered(study.language) or settings.LANGUAGE_CODE):
        context = voting_page.shown(study, trial, study.language) | {
            "study": study,
            "preview": item,
            "place": item.name,
            "practice": True,  # no line of progress
            "key": f"preview/{item_pk}",
            "draft": '{"picks": []}',
            "observation": "{}",
            "bundle": reverse("studies:preview-candidates", args=where),
            "send_to": {"label": reverse("studies:preview", args=where), "draft": sent, "ballot": sent},
        }
        return render(request, "studies/participant/trial.html", context)


@login_required
@images.picture_view
def candidates(request: HttpRequest, pk: int, item_pk: int) -> HttpResponseBase:
    """The pictures of a preview."""
    return images.bundle(request, _trial(_item_or_404(request, pk, item_pk), CANNOT_TELL))


@login_required
@require_POST
def sent(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Drafts and picks of a preview go nowhere."""
    _item_or_404(request, pk, item_pk)
    sentence = "This is a preview: nothing is sent and nothing is stored."
    return render(request, "studies/participant/_error.html", {"sentence": sentence}, status=403)


def _item_or_404(request: HttpRequest, pk: int, item_pk: int) -> Item:
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    item = get_object_or_404(study.items.select_related("low_res"), pk=item_pk)
    if not item.pool.exists():
        raise Http404
    item.study = study
    return item


def _trial(item: Item, label: str) -> Trial:
    """As the first participant could meet it."""
    nobody = Participant(study=item.study, seed=item.study.seed, turn=0, language=item.study.language)
    return Trial(participant=nobody, item=item, number=1, label=label)
