"""A study's rating phase for its researchers: its settings, opening and closing, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from studies.errors import LifecycleError
from studies.models import GroundTruth, Imported, Mode, Rater, Rating, RatingPhase, Study, StudyState
from studies.models.rating import MAX_PER_PERSON, MAX_REPEATS
from studies.services.design import translations
from studies.services.opinions import rating_order, stimuli
from studies.services.ordering import derived_seed

MAX_INSTRUCTIONS = 10_000
#: Seconds for a look and an answer, as people are told before they agree.
SECONDS = {Mode.ACR: 6, Mode.DCR: 8, Mode.PAIRWISE: 8, Mode.NAMING: 5}
#: Of one session at most, after which people tire (ITU-R BT.500).
SESSION = 30 * 60
Tasks = dict[int, list[rating_order.Task]]


@dataclass(frozen=True)
class Numbers:
    """People, and apart from them simulated raters, who have not withdrawn. ratings: given by all of them."""

    begun: int
    finished: int
    simulated: int
    ratings: int


def of(study: Study) -> RatingPhase:
    """The study's phase; without a row, one with the usual settings that is not stored. At most one query."""
    try:
        return study.rating_phase
    except RatingPhase.DoesNotExist:
        return RatingPhase(study=study, seed=derived_seed(study.seed, "rating phase"))


def update(study: Study, **settings: Any) -> RatingPhase:
    """Set mode, who, instructions and their translations, hidden_reference, anchors, repeats and per_person.

    Raises LifecycleError.

    Stimuli made for other settings stay until they are made again, which opening asks for.
    """
    with transaction.atomic():
        current = Study.objects.select_for_update().get(pk=study.pk)
        phase = of(current)
        _refuse_begun(phase)
        for name, value in settings.items():
            setattr(phase, name, value)
        if reason := _problem(phase):
            raise LifecycleError(reason, status=400)
        phase.save()
    study.rating_phase = phase
    return phase


def _problem(phase: RatingPhase) -> str:
    if phase.repeats > MAX_REPEATS:
        return f"At most {MAX_REPEATS} ratings can be asked once more."
    if phase.per_person is not None and not 1 <= phase.per_person <= MAX_PER_PERSON:
        return f"Ask each person for 1 to {MAX_PER_PERSON:,} ratings, or leave this empty."
    if max(map(len, (phase.instructions, *phase.translations.values()))) > MAX_INSTRUCTIONS:
        return f"The instructions have at most {MAX_INSTRUCTIONS:,} characters."
    if unknown := set(phase.translations) - dict(translations.offered(phase.study)).keys():
        return f"The instructions cannot be translated into {translations.name(min(unknown))}."
    if phase.mode == Mode.DCR and not GroundTruth.objects.filter(item__study=phase.study).exists():
        return "DCR shows each picture beside the true one, but no image of this study has a truth: choose another way."
    if phase.mode == Mode.NAMING and not phase.study.ask_label:
        return "Naming asks for the labels of the voting, but this study asks for none: choose another way."
    return ""


def _refuse_begun(phase: RatingPhase) -> None:
    if phase.is_open:
        raise LifecycleError("The rating phase is open: close it before you change it.")
    if has_begun(phase):
        raise LifecycleError("People have begun to rate, so the rating phase stays as it is.")


def has_begun(phase: RatingPhase) -> bool:
    """Whether somebody has begun to rate, so that settings and stimuli are fixed."""
    return phase.pk is not None and Rater.objects.filter(phase=phase).exists()


@dataclass(frozen=True)
class Design:
    """How many ratings there are, and how many one person gives.

    every: ratings there are;  own: those asked of one person;  again: of these, asked once more at the end
    """

    every: int
    own: int
    again: int
    seconds: int

    @property
    def length(self) -> int:
        return self.own + self.again

    @property
    def minutes(self) -> int:
        """About how long one person takes, at least 1."""
        return max(1, round(self.length * self.seconds / 60))

    @property
    def people(self) -> int:
        """After so many, every rating has been asked for once."""
        return -(-self.every // max(self.own, 1))


def tasks(phase: RatingPhase) -> Tasks:
    """All that is asked, by the position of the item."""
    found = phase.stimuli.select_related("item").order_by("item__position", "pk")
    shown = [rating_order.picture(stimulus) for stimulus in found]
    return rating_order.tasks(phase.mode, shown, hidden_reference=phase.hidden_reference)


def share(phase: RatingPhase, all_tasks: Mapping[int, list[rating_order.Task]]) -> int:
    """How many of these tasks one person is asked for: as many as the phase says, else as fit into a session."""
    most = phase.per_person or SESSION // SECONDS[Mode(phase.mode)]
    return min(most, sum(map(len, all_tasks.values())))


def design(phase: RatingPhase) -> Design:
    """What the phase asks for, as its pictures are. One query."""
    asked = tasks(phase)
    own = share(phase, asked)
    every = sum(map(len, asked.values()))
    return Design(every, own, min(phase.repeats, own // 2), SECONDS[Mode(phase.mode)])


def open_phase(phase: RatingPhase) -> None:
    """Let people rate; a closed phase opens again. Raises LifecycleError when it is not ready."""
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=phase.study_id)
        current = RatingPhase.objects.select_for_update().get(pk=phase.pk)
        if reason := missing(study, current) or _stale(current):
            raise LifecycleError(reason)
        current.opened_at, current.closed_at = current.opened_at or timezone.now(), None
        current.save(update_fields=["opened_at", "closed_at"])
    phase.refresh_from_db()


def missing(study: Study, phase: RatingPhase) -> str:
    """What keeps the phase from opening, in one sentence; empty when nothing does."""
    if phase.is_open:
        return "The rating phase is open already."
    if study.state != StudyState.CLOSED:
        return "The voting comes first: close the study, then the pictures can be rated."
    if has_begun(phase):
        imported = Imported.objects.filter(study=study).exists()
        return "These ratings were imported, as evidence: there can be no more of them." if imported else ""
    made = stimuli.progress(phase)
    if not made.total or made.done < made.total:
        return "Make the pictures to be rated first."
    asked = tasks(phase)
    if not any(asked.values()):
        return "There is nothing to be rated: with these settings no image has two pictures to compare."
    if phase.repeats > (most := share(phase, asked) // 2):
        return f"{phase.repeats} ratings cannot be asked once more: with these settings at most {most} can."
    return ""


def _stale(phase: RatingPhase) -> str:
    if has_begun(phase) or stimuli.up_to_date(phase):
        return ""
    return "Votes, methods or settings have changed since the pictures were made: make them again."


def close_phase(phase: RatingPhase) -> None:
    """Take no more ratings. Raises LifecycleError when the phase is not open."""
    rows = RatingPhase.objects.filter(pk=phase.pk, opened_at__isnull=False, closed_at=None)
    if not rows.update(closed_at=timezone.now()):
        raise LifecycleError("The rating phase is not open, so it cannot be closed.")
    phase.refresh_from_db()


def numbers(phase: RatingPhase) -> Numbers:
    """In two queries."""
    raters = Rater.objects.filter(phase=phase, participant__withdrawn_at=None)
    people = Q(participant__simulated=False)
    counted = raters.aggregate(
        begun=Count("pk", filter=people),
        finished=Count("pk", filter=people & Q(finished_at__isnull=False)),
        simulated=Count("pk", filter=~people),
    )
    return Numbers(
        **counted,
        ratings=Rating.objects.given().filter(rater__phase=phase).count(),
    )
