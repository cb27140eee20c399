"""What raters send, and the pictures they see. Nothing in an address or a header tells what a picture is."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from studies.access import get_participant_or_404, get_study_by_slug_or_404
from studies.models import Mode, Participant, Rating
from studies.services import rating
from studies.services.opinions import stimuli
from studies.services.trials import steps
from studies.views.participant.images import picture_view
from studies.views.participant.pages import answer, see_other
from studies.views.participant.trials import show_current


@answer
def begin(request: HttpRequest, participant: Participant) -> None:
    rating.begin(participant)


@answer
def give(request: HttpRequest, participant: Participant, number: int) -> HttpResponse:
    """One rating; the answer is the next one."""
    one = get_object_or_404(Rating, rater__participant=participant, number=number)
    sent = request.POST
    rating.give(one, submission_id=sent.get("submission_id", ""), answer=sent.get("answer", ""), measured=sent.dict())
    if request.headers.get("HX-Request"):
        participant.refresh_from_db(fields=["finished_at"])
        return show_current(request, participant)
    return see_other("studies:trial", participant.study)


@picture_view
def picture(request: HttpRequest, slug: str, number: int, side: str) -> HttpResponse:
    """A picture of one rating of the participant whose browser it is, while ratings are taken."""
    participant = get_participant_or_404(request, get_study_by_slug_or_404(slug))
    if participant.withdrawn_at is not None or steps.step(participant).kind != steps.RATING:
        raise Http404
    rows = Rating.objects.select_related("rater__phase", "stimulus", "other")
    one = get_object_or_404(rows, rater__participant=participant, number=number)
    left, right = (one.stimulus, one.other) if one.rater.phase.mode != Mode.DCR else (one.other, one.stimulus)
    shown = {"first": left, "second": right}.get(side)
    if shown is None:
        raise Http404
    return HttpResponse(stimuli.png(shown), content_type="image/png")
