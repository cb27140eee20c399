"""Trials of an imported study with ballots, picks and what pages observed: participant by participant, in blocks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from studies.errors import StudyError
from studies.exports import events, exposures, trials
from studies.exports.bundle import Bundle
from studies.importing.pools import Pool
from studies.importing.reading import Trials, fitting, rows, sha256
from studies.models import Ballot, Observation, Participant, Pick, Study, Trial
from studies.services.ordering import pages

_BLOCK = 2000  # trials
_TRIAL = ("number", "repeat", "started_at", "labelled_at", "label", "feedback_seen_at")
_OBSERVED = (
    "label_ms", "picking_ms", "hidden_ms", "focus_losses", "pixel_ratio", "ratio_changes", "window_width",
    "window_height",
)  # fmt: skip


@dataclass
class _Block:
    """Rows that are stored together, in this order: each names the one before."""

    trials: list[Trial] = field(default_factory=list)
    ballots: list[Ballot] = field(default_factory=list)
    picks: list[Pick] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)

    def store(self) -> None:
        Trial.objects.bulk_create(self.trials, batch_size=500)
        Ballot.objects.bulk_create(self.ballots, batch_size=500)
        Pick.objects.bulk_create(self.picks, batch_size=500)
        Observation.objects.bulk_create(self.observations, batch_size=100)


def create(study: Study, bundle: Bundle, people: dict[str, Participant], pools: dict[int, Pool]) -> None:
    """All trials. Memory does not grow with their number."""
    seen = Trials(bundle, exposures.FILE, exposures.COLUMNS)
    happened = Trials(bundle, events.FILE, events.COLUMNS)
    block = _Block()
    for row in rows(bundle, trials.FILE, trials.COLUMNS):
        key = row["participant"], row["item"], row["repeat"]
        person, pool = people[row["participant"]], pools[row["item"]]
        trial = Trial(participant=person, item=pool.item, **{name: row[name] for name in _TRIAL})
        where = f"{trials.FILE}, participant {row['participant']}, item {row['item']}"
        block.trials.append(fitting(trial, where))
        if row["cast_at"] is not None:
            _answer(block, study, trial, row, pool, where)
        exposed, told = seen.take(key), happened.take(key)
        if row["hidden_ms"] is not None:
            block.observations.append(_observation(trial, row, exposed, told, where))
        elif exposed or told:
            raise StudyError(f"{where}: something was observed of a trial that was not.")
        if len(block.trials) >= _BLOCK:
            block.store()
            block = _Block()
    block.store()
    seen.finish()
    happened.finish()


def _answer(block: _Block, study: Study, trial: Trial, row: dict[str, Any], pool: Pool, where: str) -> None:
    """The page's id of the ballot is not exported: nobody can send it again."""
    ballot = Ballot(
        trial=trial,
        submission_id=uuid.uuid4(),
        body_sha256=sha256(""),
        label=row["label"],
        confidence=row["confidence"],
        region=json.loads(row["region"]) if row["region"] else {},
        cast_at=row["cast_at"],
    )
    picks = list(_picks(study, ballot, row["picks"], pool, where))
    ballot.picked = len(picks)
    block.ballots.append(fitting(ballot, where))
    block.picks.extend(picks)


def _picks(study: Study, ballot: Ballot, picked: str, pool: Pool, where: str) -> Iterator[Pick]:
    """Where each stood follows from the seeds and the turn."""
    indexes = [int(text) for text in picked.split(trials.SEPARATOR)] if picked else []
    if not all(0 <= index < len(pool.samples) for index in indexes):
        raise StudyError(f"{where}: a sample was picked that is not in the pool.")
    place = _places(study, ballot.trial, len(pool.samples)) if indexes else {}
    for rank, index in enumerate(indexes, start=1):
        yield Pick(ballot=ballot, sample=pool.samples[index], rank=rank, label=ballot.label, position=place[index])


def _places(study: Study, trial: Trial, m: int) -> dict[int, int]:
    """Index in the pool -> place in the order that this participant saw."""
    order = pages(
        m,
        page_size=study.page_size,
        study_seed=study.seed,
        seed=trial.participant.seed,
        turn=trial.participant.turn,
        position=trial.item.position,
        repeat=trial.repeat,
    )
    return {index: place for place, index in enumerate(index for page in order for index in page)}


def _observation(
    trial: Trial, row: dict[str, Any], exposed: list[dict[str, Any]], told: list[dict[str, Any]], where: str
) -> Observation:
    observation = Observation(
        trial=trial,
        exposure_ms=[one["ms"] for one in exposed],
        pages=[int(text) for text in row["pages_ms"].split(trials.SEPARATOR)] if row["pages_ms"] else [],
        events=[[one["ms"], one["kind"], _value(one["value"])] for one in told],
        **{name: row[name] for name in _OBSERVED},
    )
    return fitting(observation, where)


def _value(text: str) -> Any:
    """What an event was about: in the table, numbers, lists and texts alike are text."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
