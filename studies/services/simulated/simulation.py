"""Simulated participants: a rehearsal of a whole study through the very services that people use.

Their ballots show that a study works and what its figures would look like. They are no evidence of anything and
are marked as simulated in the database, on every page and in every export. A simulated person reads a label from
the item (`perception`; at attention checks and practice the known answer), then prefers the samples that look most
like it, with a taste and noise of their own. They come in by no door, hold no place and have no screen to check.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

import numpy as np

from studies.models import CANNOT_TELL, Kind, Participant, Study, Trial
from studies.services import enrolment, voting
from studies.services.ordering import candidate_ids, derived_seed
from studies.services.simulated.perception import Perception, perceive

#: Standard deviations of a person's noise per sample and of their liking for typical samples.
NOISE = 0.7
TASTE = 0.5
#: How many of a hundred answers are "cannot tell", and how many ballots use all k picks where fewer are allowed.
CANNOT_TELL_SHARE = 0.03
ALL_PICKS_SHARE = 0.7

Progress = Callable[[range], Iterable[int]]


def simulate(study: Study, *, count: int, seed: int, progress: Progress = iter) -> list[Participant]:
    """Let `count` simulated participants answer every item of an open study.

    Participant i has a seed that follows from `seed` and i: asked again with the same seed, those that are there
    already are not made again, and one who was interrupted goes on. progress: wraps the range that is gone through,
    such as tqdm. Raises VotingError when the study is not open.
    """
    views: dict[int, Perception] = {}
    return [_take_part(study, derived_seed(seed, f"simulated participant {i}"), views) for i in progress(range(count))]


def _take_part(study: Study, seed: int, views: dict[int, Perception]) -> Participant:
    participant = study.participants.filter(simulated=True, seed=seed).first()
    if participant is None:
        participant, _ = enrolment.enrol(study, simulated=True, seed=seed)
    while (trial := voting.current_trial(participant)) is not None:
        if trial.item_id not in views:
            views[trial.item_id] = perceive(study, trial.item)
        _answer(trial, views[trial.item_id])
    participant.refresh_from_db()
    return participant


def _answer(trial: Trial, seen: Perception) -> None:
    study = trial.participant.study
    salt = f"simulated answer to item {trial.item.position}{', again' * trial.repeat}"
    rng = np.random.default_rng(derived_seed(trial.participant.seed, salt))
    label, read = _label(trial, seen, rng)
    voting.begin(trial)
    if study.ask_label:
        trial = voting.give_label(trial, trial.label or label)
    ids = list(trial.item.pool.values_list("pk", flat=True))
    position = {pk: place for place, pk in enumerate(candidate_ids(trial))}
    picks = [position[ids[index]] for index in _picks(study, seen, read, rng)]
    sure = int(rng.integers(1, 6)) if study.ask_confidence and picks else None
    voting.cast(trial, submission_id=uuid.uuid4(), label=trial.label, positions=picks, confidence=sure)


def _label(trial: Trial, seen: Perception, rng: np.random.Generator) -> tuple[str, int]:
    """The label given, and the index of the reading behind it, which also "cannot tell" has."""
    study, known = trial.participant.study, trial.item.expected_label
    if trial.item.kind != Kind.MAIN and study.ask_label and known in study.labels:
        return known, study.labels.index(known)
    read = int(rng.choice(len(seen.label_shares), p=seen.label_shares))
    cannot_tell = rng.random() < CANNOT_TELL_SHARE
    if not study.ask_label:
        return "", read
    return (CANNOT_TELL if cannot_tell else study.labels[read]), read


def _picks(study: Study, seen: Perception, read: int, rng: np.random.Generator) -> list[int]:
    """Pool indexes, the favourite first."""
    taste = rng.normal(TASTE, TASTE)
    liking = seen.likeness[read] + taste * seen.typicality + rng.normal(0, NOISE, len(seen.typicality))
    most = study.max_picks
    uses_all = study.exact_picks or rng.random() < ALL_PICKS_SHARE
    number = most if uses_all else int(rng.integers(1, most + 1))
    return np.argsort(-liking, kind="stable")[:number].tolist()
