"""Who rated in an imported study, and every rating that was asked of them: in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from studies.errors import StudyError
from studies.exports import raters, ratings
from studies.exports.bundle import Bundle
from studies.importing import rating_phase
from studies.importing.pools import Pool
from studies.importing.rating_phase import Shown
from studies.importing.reading import fitting, rows
from studies.models import (
    Method,
    Mode,
    Participant,
    Rater,
    Rating,
    RatingPhase,
    Stimulus,
    StimulusKind,
    Study,
)
from studies.models.rating import ALONE, SCORED, SCORES
from studies.services.tallies import offered_labels

_BLOCK = 2000  # ratings
_LATER = frozenset({"label"})
_COPIED = (
    "number", "repeat", "shown_at", "answered_at", "score", "preference", "label", "response_ms", "hidden_ms",
    "pixel_ratio", "enlargement",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the study has already: people by pseudonym, pools by position, methods by name."""

    people: Mapping[str, Participant]
    pools: Mapping[int, Pool]
    methods: Mapping[str, Method]


def create(study: Study, bundle: Bundle, setting: dict[str, Any], known: Known) -> None:
    """The rating phase with its pictures, raters and ratings. Nothing of an export that does not name its raters."""
    if raters.FILE not in bundle.sizes:
        return
    facts = setting["rating"]
    shown = rating_phase.create(study, facts, known.pools, known.methods) if facts else {}
    _answers(RatingPhase.objects.filter(study=study).first(), bundle, known.people, shown)


def missing(bundle: Bundle, setting: dict[str, Any]) -> str:
    """What an export tells of its rating phase without its raters, as old ones do; else empty."""
    if raters.FILE in bundle.sizes or not setting.get("rating"):
        return ""
    return f"its rating phase with all ratings, because this export is without {raters.FILE}"


def _answers(phase: RatingPhase | None, bundle: Bundle, people: Mapping[str, Participant], shown: Shown) -> None:
    enrolled: dict[str, Rater] = {}
    for row in rows(bundle, raters.FILE, raters.COLUMNS):
        enrolled[row["participant"]] = _rater(phase, row, people)
    made = (_rating(row, enrolled, shown) for row in rows(bundle, ratings.FILE, ratings.COLUMNS, later=_LATER))
    while block := list(islice(made, _BLOCK)):
        Rating.objects.bulk_create(block, batch_size=500)


def _rater(phase: RatingPhase | None, row: dict[str, Any], people: Mapping[str, Participant]) -> Rater:
    where, person = f"{raters.FILE}, participant {row['participant']}", people.get(row["participant"])
    if phase is None:
        raise StudyError(f"{where}: study.json has no rating phase.")
    if person is None:
        raise StudyError(f"{where}: nobody of this pseudonym is in participants.csv.")
    if row["began_at"] is None:
        raise StudyError(f"{where}: began_at is empty.")
    times = {name: row[name] for name in ("turn", "began_at", "finished_at")}
    rater = fitting(Rater(phase=phase, participant=person, **times), where)
    rater.save()
    return rater


def _rating(row: dict[str, Any], enrolled: Mapping[str, Rater], shown: Shown) -> Rating:
    """The page's id of the answer is not exported: nobody can send it again."""
    where = f"{ratings.FILE}, participant {row['participant']}, number {row['number']}"
    rater = enrolled.get(row["participant"])
    if rater is None or rater.turn != row["turn"]:
        raise StudyError(f"{where}: nobody of this pseudonym and turn is in {raters.FILE}.")
    stimulus = _shown(row, "stimulus", shown, where)
    other = _shown(row, "other", shown, where) if row["other"] else None
    made = Rating(rater=rater, stimulus=stimulus, other=other, **{name: row[name] for name in _COPIED})
    for problem in _problems(fitting(made, where)):
        raise StudyError(f"{where}: {problem}.")
    return made


def _shown(row: dict[str, Any], name: str, shown: Shown, where: str) -> Stimulus:
    found = shown.get((row["item"], row[name]))
    if found is None or found.sha256 != row[f"{name}_sha256"]:
        raise StudyError(f"{where}: study.json has no picture “{row[name]}” of item {row['item']} with this sha256.")
    return found


def _problems(made: Rating) -> Iterator[str]:
    """What keeps a rating from counting as one of its phase, beyond what each column holds."""
    phase, other = made.rater.phase, made.other
    if made.repeat not in (0, 1):
        yield "repeat is 0 or 1"
    if (other is None) != (phase.mode in ALONE) or (other == made.stimulus and phase.mode == Mode.PAIRWISE):
        yield f"it has not the pictures that are shown in mode {phase.mode}"
    if phase.mode == Mode.DCR and not phase.hidden_reference and made.stimulus.kind == StimulusKind.REFERENCE:
        yield "the truth was not rated in this phase"
    if phase.mode == Mode.DCR and other is not None and other.kind != StimulusKind.REFERENCE:
        yield "what stands beside a picture in mode dcr is the truth"
    yield from _unlike(made, phase)


def _unlike(made: Rating, phase: RatingPhase) -> Iterator[str]:
    """What keeps its answer from being one of its mode."""
    mode = phase.mode if made.answered_at is not None else ""
    if (made.score in SCORES) != (mode in SCORED) or (made.score is not None and made.score not in SCORES):
        yield "score is 1 to 5 where a score was given, else empty"
    if bool(made.preference) != (mode == Mode.PAIRWISE):
        yield "preference is there where one was given, else empty"
    if bool(made.label) != (mode == Mode.NAMING):
        yield "label is there where one was given, else empty"
    elif made.label and made.label not in offered_labels(phase.study):
        yield f"“{made.label}” is none of the study's labels"
