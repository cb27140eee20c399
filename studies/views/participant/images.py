"""Pictures of a trial. Nothing but pixels travels: no name, number or date of what is shown, nothing to cache.

candidates.bin carries all candidates in the participant's own order: uint32 count, count x uint32 lengths
(little-endian), then the PNG files one after the other.
"""

from __future__ import annotations

import struct

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from inference import services as inference
from studies.access import get_trial_or_404
from studies.models import StudyState, Trial
from studies.services import ordering

private = cache_control(private=True, no_store=True)


@private
@require_safe
def low_res(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The trial's LR image as PNG."""
    trial = _trial_or_404(request, slug, number)
    return HttpResponse(inference.low_res_png(trial.item.low_res), content_type="image/png")


@private
@require_safe
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
