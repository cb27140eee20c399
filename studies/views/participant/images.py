"""Pictures of a trial. Nothing but pixels travels: no name, number or date of what is shown, nothing to cache.

candidates.bin carries all candidates in the participant's own order: uint32 count, count x uint32 lengths
(little-endian), then the PNG files one after the other.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from inference import services as inference
from studies.access import get_trial_or_404
from studies.models import StudyState, Trial
from studies.services import ordering

log = logging.getLogger(__name__)

Picture = Callable[[HttpRequest, str, int], HttpResponse]


def _picture(view: Picture) -> Picture:
    """Nothing is kept by browsers. What is wrong with a stored file is for the log: its name would tell whose it is."""

    @cache_control(private=True, no_store=True)
    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, slug: str, number: int) -> HttpResponse:
        try:
            return view(request, slug, number)
        except inference.StoreError:
            log.exception("A picture of study %s cannot be shown.", slug)
            sentence = "The pictures cannot be shown at the moment: please try again later."
            return HttpResponse(sentence, status=503, content_type="text/plain; charset=utf-8")

    return wrapped


@_picture
def low_res(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The trial's LR image as PNG."""
    trial = _trial_or_404(request, slug, number)
    return HttpResponse(inference.low_res_png(trial.item.low_res), content_type="image/png")


@_picture
def candidates(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All candidates of the trial; 404 before the label is given, because it must not be led by them."""
    trial = _trial_or_404(request, slug, number)
    if trial.participant.study.ask_label and not trial.label:
        raise Http404
    files = [inference.sample_png(sample) for sample in ordering.candidates(trial)]
    head = struct.pack(f"<{1 + len(files)}I", len(files), *map(len, files))
    return HttpResponse(b"".join([head, *files]), content_type="application/octet-stream")


def _trial_or_404(request: HttpRequest, slug: str, number: int) -> Trial:
    """A trial of the participant whose cookie this is, while the study takes answers."""
    trial = get_trial_or_404(request, slug, number, "participant__study", "item__low_res")
    if trial.participant.study.state != StudyState.OPEN or trial.participant.withdrawn_at is not None:
        raise Http404
    return trial
