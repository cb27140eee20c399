"""Where a participant is in whichever part of the study takes answers: the voting (`flow`) or the rating phase.

In the rating phase: viewing check, instructions, ratings, done. Looking changes nothing.
"""

from __future__ import annotations

from studies.models import Participant, RatingPhase
from studies.services import rating
from studies.services.screens import viewing
from studies.services.trials import flow, phases
from studies.services.trials.flow import DONE, FAILED, VIEWING, Step

#: Kinds of steps of the rating phase; "kept out" is who does not rate, or came for it when it is over.
RATING_START, RATING, KEPT_OUT = "rating start", "rating", "kept out"


def step(participant: Participant) -> Step:
    """Where this participant is, who has not withdrawn. While the study is open it is that of `flow`."""
    phase = phases.rating(participant.study)
    if phase is not None:
        return _step(phase, participant)
    if participant.rates_only and participant.finished_at is None:
        return Step(KEPT_OUT)
    return flow.step(participant)


def _step(phase: RatingPhase, participant: Participant) -> Step:
    if phases.kept_out(phase, participant):
        return Step(KEPT_OUT)
    if participant.failed_at is not None:
        return Step(FAILED)
    begun = rating.rater(participant)
    if begun is not None and begun.finished_at is not None:
        return Step(DONE)
    if viewing.needed(participant):
        return Step(VIEWING)
    return Step(RATING if begun else RATING_START)
