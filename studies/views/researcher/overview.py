"""What the study page says at a glance: who took part, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from studies.models import Ballot, Study, StudyState
from studies.results import Participants
from studies.services.analysis import plan, stopping
from studies.services.candidates.drawing import StudyProgress
from studies.services.design import items
from studies.services.results import participants


@dataclass(frozen=True)
class Participation(Participants):
    """Who takes part, and the votes of all of them; simulated participants are never among people.

    ballots: first answers to main items
    """

    ballots: int

    @property
    def anybody(self) -> bool:
        """Whether anyone, person or simulated, still there or not, has started."""
        return bool(self.people or self.simulated or self.withdrawn)


def participation(study: Study) -> Participation:
    """Counts of one study, in two queries."""
    cast = Ballot.objects.votes().filter(trial__participant__study=study)
    return Participation(**vars(participants(study)), ballots=cast.count())


@dataclass(frozen=True)
class NextStep:
    """One sentence, and the key of the action that belongs to it: add, draw, open, share, close, results or ""."""

    sentence: str
    action: str


def next_step(study: Study, progress: StudyProgress, took_part: Participation) -> NextStep:
    """What brings this study on."""
    if study.state == StudyState.CLOSED:
        return NextStep("The study takes no more votes. Read the results, and export them.", "results")
    if study.state == StudyState.OPEN:
        return _while_open(study, took_part)
    return _while_draft(study, progress)


def _while_draft(study: Study, progress: StudyProgress) -> NextStep:
    if not progress.items:
        return NextStep("Add the low-resolution images that people will judge.", "add")
    if progress.running:
        return NextStep("Candidates are being drawn. You may leave this page; drawing goes on.", "")
    if any(item.error for item in progress.items):
        return NextStep("Drawing has stopped at an error: read it below, then draw again.", "draw")
    if progress.done < progress.total:
        images = "the image" if len(progress.items) == 1 else f"all {len(progress.items)} images"
        return NextStep(f"Draw {max(item.total for item in progress.items)} candidates for {images}.", "draw")
    if reason := items.conflict(study, {}, [row.item for row in progress.items]):
        return NextStep(reason, "")
    return NextStep("All candidates are drawn. Look at them, then open the study to people.", "open")


def _while_open(study: Study, took_part: Participation) -> NextStep:
    """By the rule to stop, where the plan has one: stopping at the target would break it."""
    if plan.of(study).stopping:
        return _by_rule(stopping.state(study), took_part)
    if took_part.finished >= study.target_participants:
        return NextStep(f"{took_part.finished} people have finished: the target is reached. Close the study.", "close")
    if took_part.people == 0:
        return NextStep("Send people the participants’ link.", "share")
    left = study.target_participants - took_part.finished
    return NextStep(f"People are voting: {left} more to reach the target of {study.target_participants}.", "share")


def _by_rule(stop: stopping.Stop, took_part: Participation) -> NextStep:
    if stop.met:
        rehearsed = " Simulated participants are counted in this." if stop.simulated else ""
        then = "The study closes by itself within about a minute." if stop.closes else "Close the study."
        return NextStep(f"The rule to stop is met. {stop.why}{rehearsed} {then}", "close")
    if took_part.people == 0:
        return NextStep("Send people the participants’ link.", "share")
    return NextStep(f"People are voting. {stop.why} The study goes on until its rule to stop is met.", "share")
