"""The introduction before the first image, the same to read again, and the pictures of the study's texts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from inference import services as inference
from studies.access import get_participant, get_participant_or_404, get_study_by_slug_or_404
from studies.models import Kind, Participant, StudyState
from studies.services.design import pictures, texts
from studies.services.trials import flow
from studies.services.trials.flow import Step
from studies.views.participant.pages import answer


def page(request: HttpRequest, participant: Participant, step: Step) -> HttpResponse:
    study = participant.study
    said = texts.of(study, participant.language)
    context = {
        "study": study,
        "participant": participant,
        "texts": said,
        "again": step.kind != flow.INTRODUCTION,
        "practice": study.items.filter(kind=Kind.PRACTICE).exists(),
    }
    return render(request, "studies/participant/introduction.html", context)


@answer
def read(request: HttpRequest, participant: Participant) -> None:
    flow.introduced(participant)


@cache_control(private=True, no_store=True)
@require_safe
def again(request: HttpRequest, slug: str) -> HttpResponse:
    """The introduction once more, for who has read it."""
    participant = get_participant(request, get_study_by_slug_or_404(slug))
    if participant is None or participant.withdrawn_at or participant.introduced_at is None:
        return redirect("studies:trial", slug)
    if not participant.study.introduction.strip():
        raise Http404
    return page(request, participant, flow.step(participant))


@cache_control(private=True, max_age=3600)
@require_safe
def picture(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """A picture of the study's texts, for those who take part."""
    participant = get_participant_or_404(request, get_study_by_slug_or_404(slug))
    if participant.withdrawn_at or participant.study.state != StudyState.OPEN:
        raise Http404
    try:
        data = pictures.png(get_object_or_404(participant.study.pictures, name=name))
    except inference.StoreError:
        raise Http404 from None
    return HttpResponse(data, content_type="image/png")
