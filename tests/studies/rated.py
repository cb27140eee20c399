"""Studies in their rating phase, for tests."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from inference import services as inference
from studies.models import Evaluation, Participant, Rating, RatingPhase, Study
from studies.services import enrolment, lifecycle, rating
from studies.services.opinions import methods, rating_phase, stimuli
from tests.studies import factories


def voted(*, items: int = 2, voters: int = 2, truth: bool = True, **fields: Any) -> Study:
    """Closed, with votes, its ensembles made."""
    study = factories.open_study_with_pool(items=items, truth=truth, **fields)
    for person in range(voters):
        factories.vote_all(study, [0, 1, 2 + person])
    return close(study)


def close(study: Study) -> Study:
    """Closed, its ensembles made; the figures beside them, which take longer, are left out."""
    lifecycle.close_study(study)
    for made in Evaluation.objects.filter(item__study=study):
        inference.build_ensemble(made.ensemble_id)
    Evaluation.objects.filter(item__study=study).update(made_at=timezone.now())
    return study


def phase(study: Study, **settings: Any) -> RatingPhase:
    """With its stimuli made, not yet open."""
    made = rating_phase.update(study, **settings)
    stimuli.ask(made)
    stimuli.make(made.pk)
    made.refresh_from_db()
    assert made.error == ""
    return made


def opened(study: Study, **settings: Any) -> RatingPhase:
    made = phase(study, **settings)
    rating_phase.open_phase(made)
    return made


def method_files(study: Study, *, name: str = "{item}.png") -> list[methods.Named]:
    """A picture of the right size for every item."""
    from inference.core.images import encode_png

    return [
        methods.Named(
            name.format(item=item.name, position=f"{item.position:03d}"),
            encode_png(factories.pixels(item.low_res.width * factories.SCALE, item.low_res.channels)),
        )
        for item in study.items.main().select_related("low_res")
    ]


def newcomer(study: Study) -> Participant:
    """Somebody who comes in for the ratings."""
    return enrolment.enrol(study)[0]


def answers(mode: str) -> tuple[str, ...]:
    named = (*factories.LABELS, "cannot tell")
    return {"pairwise": ("first", "none", "second"), "naming": named}.get(mode, ("1", "2", "3", "4", "5"))


def give(one: Rating, answer: str, **options: Any) -> rating.Given:
    return rating.give(one, **{"submission_id": uuid.uuid4()} | options, answer=answer)


def rate_all(person: Participant, answer: str = "") -> Participant:
    """Begin and give all ratings: `answer`, or by turns."""
    rater = rating.begin(person)
    offered = answers(rater.phase.mode)
    while (one := rating.current(rater)) is not None:
        give(one, answer or offered[one.number % len(offered)])
    person.refresh_from_db()
    return person
