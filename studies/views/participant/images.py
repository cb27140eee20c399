"""Pictures of a trial. Nothing but pixels travels: no name, number or date of what is shown, nothing to cache.

candidates.bin carries many pictures in one answer (`bundles`): `?pages=0` or `?pages=1-8` those pages of candidates,
all of them without it. `low=1` puts the LR image and its bicubic enlargement in front; alone, it asks for no others.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from inference import services as inference
from inference.models import Sample
from studies.access import get_trial_or_404
from studies.errors import VotingError
from studies.models import StudyState, Trial
from studies.services import ordering
from studies.services.candidates import bundles
from studies.services.trials import flow

log = logging.getLogger(__name__)

Picture = Callable[..., HttpResponseBase]

_RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


def picture_view(view: Picture) -> Picture:
    """Nothing is kept by browsers. What is wrong with a stored file is for the log: its name would tell whose it is."""

    @cache_control(private=True, no_store=True)
    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, **where: str | int) -> HttpResponseBase:
        try:
            return view(request, **where)
        except inference.StoreError:
            log.exception("A picture cannot be shown: %s.", where)
            sentence = _("The pictures cannot be shown at the moment: please try again later.")
            return HttpResponse(sentence, status=503, content_type="text/plain; charset=utf-8")

    return wrapped


@picture_view
def low_res(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The trial's LR image as PNG."""
    trial = _trial_or_404(request, slug, number)
    return HttpResponse(inference.low_res_png(trial.item.low_res), content_type="image/png")


@picture_view
def candidates(request: HttpRequest, slug: str, number: int) -> StreamingHttpResponse:
    """Candidates of the trial; 404 before the label is given, because it must not be led by them."""
    return bundle(request, _trial_or_404(request, slug, number))


def bundle(request: HttpRequest, trial: Trial) -> StreamingHttpResponse:
    """What `?low=1` and `?pages=` ask of this trial."""
    low, pages = "low" in request.GET, request.GET.get("pages")
    samples = [] if low and pages is None else _samples_or_404(trial, pages)
    body = bundles.stream(trial, samples, low=low)
    return StreamingHttpResponse(body, content_type="application/octet-stream")


def _samples_or_404(trial: Trial, pages: str | None) -> list[Sample]:
    if trial.participant.study.ask_label and not trial.label:
        raise Http404
    shown = ordering.candidate_pages(trial)
    if pages is None:
        first, last = 0, len(shown) - 1
    elif match := _RANGE.fullmatch(pages):
        first, last = int(match[1]), int(match[2] or match[1])
    else:
        raise Http404
    if not first <= last < len(shown):
        raise Http404
    return [sample for page in shown[first : last + 1] for sample in page]


def _trial_or_404(request: HttpRequest, slug: str, number: int) -> Trial:
    """A trial of the participant whose cookie this is, while the study takes answers and their screen is let in."""
    trial = get_trial_or_404(request, slug, number, "participant__study__weights", "item__low_res")
    if trial.participant.study.state != StudyState.OPEN or trial.participant.withdrawn_at is not None:
        raise Http404
    try:
        flow.check_admitted(trial.participant)
    except VotingError:
        raise Http404 from None
    return trial
