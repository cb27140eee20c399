"""Simulated raters: a rehearsal of the rating phase through the services that people use, marked as simulated.

They are no evidence of anything. The model: a picture's quality is 3, and a point more for every 3 dB that it is
better than the mean of its item's other pictures, at most two points either way; better by PSNR against the truth,
by LR consistency where there is none. The truth itself has quality 5. To that comes each rater's bias (standard
deviation 0.4) and, for each look, noise (0.6); the sum is rounded to the scale. Of a pair the one that looks better
is preferred; a difference below 0.4 is none. What they name: `simulated_names`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

import numpy as np
from django.db.models import QuerySet

from inference import services as inference
from inference.core.images import read_image, to_uint8
from studies.errors import LifecycleError
from studies.models import (
    GroundTruth,
    Mode,
    Participant,
    Rater,
    Rating,
    RatingPhase,
    Stimulus,
    StimulusKind,
    Study,
    Who,
)
from studies.services import enrolment, rating
from studies.services.analysis.figures import measures
from studies.services.design.truth import truth_png
from studies.services.opinions import stimuli
from studies.services.ordering import derived_seed
from studies.services.simulated import simulated_names
from studies.services.trials import phases

MIDDLE, DECIBELS, MOST = 3.0, 3.0, 2.0
BIAS, NOISE, SAME = 0.4, 0.6, 0.4

Progress = Callable[[range], Iterable[int]]
#: Of a rating and the seed of who rates.
Answer = Callable[[Rating, int], str]


def simulate(study: Study, *, count: int, seed: int, progress: Progress = iter) -> list[Rater]:
    """Let `count` simulated raters give all their ratings; where voters rate, those who were simulated too.

    With the same seed nobody is made twice, and one who was interrupted goes on. Raises LifecycleError when the
    rating phase is not open.
    """
    phase = phases.rating(study)
    if phase is None:
        raise LifecycleError("The rating phase is not open: open it, then let people rate.")
    answer = _naming(phase) if phase.mode == Mode.NAMING else _judging(phase)
    people = _people(phase, count, seed)
    return [_rate(people[index], answer) for index in progress(range(len(people)))]


def _naming(phase: RatingPhase) -> Answer:
    seen = simulated_names.views(phase)
    return lambda one, seed: simulated_names.name(one, seen, seed)


def _judging(phase: RatingPhase) -> Answer:
    quality = qualities(phase)

    def judge(one: Rating, seed: int) -> str:
        bias = np.random.default_rng(derived_seed(seed, "bias of a simulated rater")).normal(0, BIAS)
        noise = np.random.default_rng(derived_seed(seed, f"simulated rating {one.number}")).normal(0, NOISE, 2)
        return _answer(phase.mode, one, quality, bias, noise)

    return judge


def _people(phase: RatingPhase, count: int, seed: int) -> list[Participant]:
    simulated = phase.study.participants.filter(simulated=True, withdrawn_at=None).order_by("pk")
    if phase.who == Who.SAME:
        return list(simulated.filter(rates_only=False, finished_at__isnull=False)[:count])
    seeds = [derived_seed(seed, f"simulated rater {number}") for number in range(count)]
    return [_newcomer(simulated, phase.study, one) for one in seeds]


def _newcomer(simulated: QuerySet[Participant], study: Study, seed: int) -> Participant:
    known = simulated.filter(seed=seed, rates_only=True).first()
    return known or enrolment.enrol(study, simulated=True, seed=seed)[0]


def qualities(phase: RatingPhase) -> dict[int, float]:
    """Stimulus id -> quality as everybody sees it, 1 to 5."""
    found: dict[int, float] = {}
    by_item: dict[int, list[Stimulus]] = {}
    for stimulus in phase.stimuli.select_related("item__low_res", "item__study__weights"):
        by_item.setdefault(stimulus.item_id, []).append(stimulus)
    for rows in by_item.values():
        found |= {one.pk: MIDDLE + MOST for one in rows if one.kind == StimulusKind.REFERENCE}
        others = [one for one in rows if one.kind != StimulusKind.REFERENCE]
        decibels = np.array([_decibels(one) for one in others])
        points = np.clip((decibels - decibels.mean()) / DECIBELS, -MOST, MOST) if others else decibels
        found |= {one.pk: MIDDLE + float(point) for one, point in zip(others, points, strict=True)}
    return found


def _decibels(stimulus: Stimulus) -> float:
    item = stimulus.item
    truth = GroundTruth.objects.filter(item=item).values_list("sha256", flat=True).first()
    high_res = None if truth is None else read_image(truth_png(truth))
    measured = measures(inference.read_low_res(item.low_res), item.study.weights.scale, high_res)
    measure = measured["lr_consistency" if high_res is None else "psnr"]
    return measure(to_uint8(read_image(stimuli.png(stimulus))))


def _rate(participant: Participant, answer: Answer) -> Rater:
    rater = rating.begin(participant)
    while (one := rating.current(rater)) is not None:
        rating.shown(one)
        rating.give(one, submission_id=uuid.uuid4(), answer=answer(one, participant.seed))
    rater.refresh_from_db()
    return rater


def _answer(mode: str, one: Rating, quality: dict[int, float], bias: float, noise: np.ndarray) -> str:
    first = quality[one.stimulus_id] + noise[0]
    if mode != Mode.PAIRWISE:
        return str(int(np.clip(np.floor(first + bias + 0.5), 1, 5)))
    assert one.other_id is not None
    difference = first - quality[one.other_id] - noise[1]
    return "none" if abs(difference) < SAME else "first" if difference > 0 else "second"
