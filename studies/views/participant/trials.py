"""The current trial, label step or candidates, and the thanks when all are answered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url

from studies.access import get_participant, get_study_by_slug_or_404
from studies.models import CANNOT_TELL, Participant, StudyState, Trial
from studies.services import voting
from studies.views.participant.pages import not_open, progress

private = cache_control(private=True, no_store=True)

SHORT_LABEL = 3  # characters; labels of at most this length stand in a grid of small buttons


@private
@require_safe
def trial(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the participant is now; strangers and those who left are shown the door they came by."""
    study = get_study_by_slug_or_404(slug)
    participant = get_participant(request, study)
    if participant is None or participant.withdrawn_at is not None:
        return redirect("studies:welcome", slug)
    if voting.current_trial(participant) is None:
        return redirect("studies:thanks", slug)
    return show_current(request, participant)


@private
@require_safe
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """After the last ballot; earlier, back to the trial."""
    study = get_study_by_slug_or_404(slug)
    participant = get_participant(request, study)
    if participant is None or participant.withdrawn_at is not None:
        return redirect("studies:welcome", slug)
    if voting.current_trial(participant) is not None:
        return redirect("studies:trial", slug)
    return render(request, "studies/participant/thanks.html", progress(participant))


def show_current(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The current trial or the thanks; as a fragment when htmx asks, which is how a ballot is answered."""
    current = voting.current_trial(participant)
    if current is None:
        response = render(request, "studies/participant/thanks.html", progress(participant))
        return replace_url(response, reverse("studies:thanks", args=[participant.study.slug]))
    if participant.study.state != StudyState.OPEN:
        return not_open(request, participant.study, participant)
    voting.begin(current)
    return render(request, "studies/participant/trial.html", _context(participant, current))


def _context(participant: Participant, current: Trial) -> dict[str, Any]:
    study = participant.study
    context = progress(participant)
    return context | {
        "trial": current,
        "step": "label" if study.ask_label and not current.label else "candidates",
        "cannot_tell": CANNOT_TELL,
        "short_labels": all(len(label) <= SHORT_LABEL for label in study.labels),
        "most": study.max_picks,
        "least": voting.least_picks(study, current.label),
        "draft": ",".join(map(str, current.draft)),
        "last": context["answered"] == context["items"] - 1,
    }
