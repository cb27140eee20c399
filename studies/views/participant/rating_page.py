"""What the rating phase shows to participants: instructions, then one picture or pair after the other."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from studies.models import CANNOT_TELL, Mode, Participant, Preference, Rater, Rating, RatingPhase, Study
from studies.services import rating
from studies.services.design import texts
from studies.services.opinions import rating_phase
from studies.services.trials import phases
from studies.services.trials.flow import Step
from studies.views.participant import voting_page

SIDES = ("first", "second")
DIGITS = tuple("0123456789")


def start(request: HttpRequest, participant: Participant, step: Step) -> HttpResponse:
    """What is asked, before the first picture."""
    shown = outline(participant.study, participant)
    said, language = texts.rating_instructions(shown["phase"], participant.language)
    context = shown | {"instructions": said, "instructions_language": language}
    return render(request, "studies/participant/rating_start.html", context)


def outline(study: Study, participant: Participant | None) -> dict[str, Any]:
    """What will be asked, while ratings are taken; also on the page of consent."""
    phase = phases.rating(study)
    assert phase is not None
    design = rating_phase.design(phase)
    return {
        "study": study,
        "participant": participant,
        "phase": phase,
        "choices": choices(phase),
        "count": design.length,
        "minutes": design.minutes,
    }


def page(request: HttpRequest, participant: Participant, step: Step) -> HttpResponse:
    """The first rating that is not given."""
    rater = rating.rater(participant)
    assert rater is not None
    waiting = list(rater.ratings.filter(answered_at=None).order_by("number")[:2])
    rating.shown(waiting[0])
    addresses = [_pictures(participant.study.slug, one) for one in waiting]
    context = progress(participant, rater) | {
        "rating": waiting[0],
        "phase": rater.phase,
        "pictures": addresses[0],
        "next": " ".join(addresses[1]) if len(waiting) > 1 else "",
    }
    context |= _asked(rater.phase, participant)
    context["place"] = _place(rater.phase, waiting[0].number, context["items"])
    return render(request, "studies/participant/rating.html", context)


def _asked(phase: RatingPhase, participant: Participant) -> dict[str, Any]:
    """The answers offered, each with its key where it has one; in naming also the study's own question."""
    if phase.mode != Mode.NAMING:
        return {"choices": [(value, word, str(place)) for place, (value, word) in enumerate(choices(phase), start=1)]}
    said = texts.of(participant.study, participant.language)
    keys = _keys([shown for shown, _own in said.labels])
    labels = [(own, shown, key) for (shown, own), key in zip(said.labels, keys, strict=True)]
    return {"texts": said, "choices": labels, "cannot_tell": CANNOT_TELL, "short_labels": voting_page.are_short(said)}


def _keys(labels: list[str]) -> list[str]:
    """A digit is its own key; other labels have those of their places, as far as there are any."""
    if all(label in DIGITS for label in labels):
        return labels
    return [*DIGITS[1:], *[""] * len(labels)][: len(labels)]


def _place(phase: RatingPhase, number: int, count: int) -> str:
    sentence = _("Pair %(number)s of %(all)s") if phase.mode == Mode.PAIRWISE else _("Picture %(number)s of %(all)s")
    return sentence % {"number": number, "all": count}


def progress(participant: Participant, rater: Rater) -> dict[str, Any]:
    """How far a rater has come, as templates of the voting say it. Two queries."""
    return {
        "study": participant.study,
        "participant": participant,
        "items": rater.ratings.count(),
        "answered": rater.ratings.exclude(answered_at=None).count(),
        "practice": False,
    }


def _pictures(slug: str, one: Rating) -> list[str]:
    """Addresses, which say nothing of what is shown. In DCR the true picture stands on the left."""
    sides = SIDES if one.other_id else SIDES[:1]
    return [reverse("studies:rating-picture", args=[slug, one.number, side]) for side in sides]


def choices(phase: RatingPhase) -> list[tuple[str, str]]:
    """(value, words) of opinions, the worst first; of a pair from left to right. Words of ITU-T P.910."""
    if phase.mode == Mode.NAMING:
        return []
    if phase.mode == Mode.PAIRWISE:
        pair = (_("The left one is better"), _("No difference"), _("The right one is better"))
        return list(zip(Preference.values, pair, strict=True))
    words = _impairments() if phase.mode == Mode.DCR else _qualities()
    return [(str(score), word) for score, word in enumerate(words, start=1)]


def _qualities() -> list[str]:
    return [_("Bad"), _("Poor"), _("Fair"), _("Good"), _("Excellent")]


def _impairments() -> list[str]:
    return [
        _("Very annoying"),
        _("Annoying"),
        _("Slightly annoying"),
        _("Perceptible, but not annoying"),
        _("Imperceptible"),
    ]
