"""Pictures of a study, for its researchers. Stored files never change, so browsers may keep them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import tifffile
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from inference import services as inference
from inference.core.images import encode_png
from inference.models import Ensemble, Sample
from studies.access import get_study_or_404
from studies.models import Evaluation, GroundTruth, Item, Role, Stimulus, Study
from studies.models.evaluation import Variant
from studies.reports.colours import RESIDUAL_SCALE, SPREAD_SCALE, colour_map, one_channel
from studies.services.analysis import evaluation
from studies.services.design.truth import truth_png
from studies.services.opinions import stimuli


@login_required
@require_safe
def image(request: HttpRequest, pk: int, kind: str, object_pk: int) -> HttpResponse:
    """kind and object_pk: low-res and truth of an item, a sample, picture, spread or LR residual of an ensemble,
    control of an evaluation; everything else is 404."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    try:
        data = _KINDS[kind](study, object_pk)
    except (KeyError, inference.RequestError):
        raise Http404 from None
    except inference.StoreError as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(data, content_type="image/png")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _low_res(study: Study, pk: int) -> bytes:
    return inference.low_res_png(get_object_or_404(study.items.select_related("low_res"), pk=pk).low_res)


def _truth(study: Study, pk: int) -> bytes:
    truth = get_object_or_404(GroundTruth, item__study=study, item=pk)
    return truth_png(truth.sha256)


def _sample(study: Study, pk: int) -> bytes:
    jobs = Item.jobs.through.objects.filter(item__study=study).values("generationjob")
    return inference.sample_png(get_object_or_404(Sample, pk=pk, job__in=jobs))


def _ensemble_of(study: Study, pk: int) -> Ensemble:
    ours = Evaluation.objects.filter(item__study=study).values("ensemble")
    variants = Variant.objects.filter(variant_set__evaluation__item__study=study).values("ensemble")
    return get_object_or_404(Ensemble, Q(pk__in=ours) | Q(pk__in=variants), pk=pk)


def _ensemble(study: Study, pk: int) -> bytes:
    return inference.ensemble_file(_ensemble_of(study, pk), "png8")


def _spread(study: Study, pk: int) -> bytes:
    return _map(inference.ensemble_file(_ensemble_of(study, pk), "spread"), SPREAD_SCALE)


def _residual(study: Study, pk: int) -> bytes:
    return _map(inference.ensemble_file(_ensemble_of(study, pk), "residual"), RESIDUAL_SCALE)


def _map(tiff: bytes, maximum: float) -> bytes:
    return encode_png(colour_map(one_channel(tifffile.imread(BytesIO(tiff))), maximum=maximum))


def _control(study: Study, pk: int) -> bytes:
    made = Evaluation.objects.filter(item__study=study, made_at__isnull=False).select_related("item")
    shown = get_object_or_404(made, pk=pk)
    return evaluation.control_png(shown)


def _stimulus(study: Study, pk: int) -> bytes:
    shown = get_object_or_404(Stimulus.objects.exclude(sha256=""), pk=pk, phase__study=study)
    return stimuli.png(shown)


_KINDS: dict[str, Callable[[Study, int], bytes]] = {
    "low-res": _low_res,
    "truth": _truth,
    "sample": _sample,
    "ensemble": _ensemble,
    "spread": _spread,
    "residual": _residual,
    "control": _control,
    "stimulus": _stimulus,
}
