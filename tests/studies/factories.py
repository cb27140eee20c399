"""Studies, items and pools for tests, made without any sampler: stored files and rows as a worker leaves them."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from typing import Any

import numpy as np
from django.contrib.auth.models import User

from inference import store
from inference.core.degradation import downscale
from inference.core.images import encode_png, to_uint8
from inference.core.metrics import lr_consistency
from inference.models import GenerationJob, JobState, LowResImage, Sample, Weights
from studies.models import GroundTruth, Item, Participant, Role, Study, StudyMembership, StudyPicture, StudyState, Trial
from studies.services import enrolment, voting

SCALE = 4
LABELS = ["5", "6"]
_numbers = itertools.count()


def user(name: str = "", **fields: Any) -> User:
    return User.objects.create_user(name or f"user{next(_numbers)}", **fields)


def weights(channels: int = 1, *, sampler: str = "ldm", name: str = "", scale: int = SCALE) -> Weights:
    """A row only: nothing here draws."""
    name = name or f"test{channels}"
    sha256 = "ab" * 32 if name == f"test{channels}" else hashlib.sha256(name.encode()).hexdigest()
    row, _ = Weights.objects.get_or_create(
        sampler=sampler, name=name, sha256=sha256, defaults={"scale": scale, "channels": channels}
    )
    return row


def study(*, owner: User | None = None, **fields: Any) -> Study:
    """A draft: pool of 12, at most 3 picks, ensemble of 3, labels "5" and "6"; any field by keyword."""
    defaults: dict[str, Any] = {
        "name": f"Study {next(_numbers)}",
        "question": "Which digit is this?",
        "labels": list(LABELS),
        "consent_text": "I agree to take part.",
        "pool_size": 12,
        "max_picks": 3,
        "ensemble_size": 3,
        "control_draws": 100,
        "seed": 7,
    }
    if "weights" not in fields:
        fields["weights"] = weights()
    made = Study.objects.create(**defaults | fields)
    StudyMembership.objects.create(study=made, user=owner or user(), role=Role.OWNER)
    return made


def pixels(size: int, channels: int = 1, seed: int | None = None) -> np.ndarray:
    """A smooth random uint8 image (size, size, channels)."""
    rng = np.random.default_rng(next(_numbers) if seed is None else seed)
    side = -(-size // 4)
    coarse = rng.integers(0, 256, (side, side, channels))
    return np.kron(coarse, np.ones((4, 4, 1)))[:size, :size].astype(np.uint8)


def low_res(side: int = 8, channels: int = 1) -> LowResImage:
    """A stored LR image, the downscaled form of a random HR image."""
    image = to_uint8(downscale(pixels(side * SCALE, channels) / 255, SCALE))
    sha256 = store.put(encode_png(image), "low_res", ".png")
    row, _ = LowResImage.objects.get_or_create(
        sha256=sha256, defaults={"width": side, "height": side, "channels": channels, "bit_depth": 8}
    )
    return row


def item(study: Study, *, name: str = "", side: int = 8, truth: bool = False) -> Item:
    """The next item of a study, without a pool."""
    made = Item.objects.create(
        study=study,
        position=study.items.count(),
        name=name or f"item {next(_numbers)}",
        low_res=low_res(side, study.weights.channels),
    )
    if truth:
        add_truth(made, pixels(side * study.weights.scale, study.weights.channels))
    return made


def add_truth(item: Item, image: np.ndarray) -> GroundTruth:
    from django.core.files.storage import storages

    sha256 = store.put(encode_png(image), "truth", ".png", storage=storages["truth"])
    return GroundTruth.objects.create(item=item, sha256=sha256)


def pool(item: Item, m: int | None = None, images: list[np.ndarray] | None = None) -> list[Sample]:
    """A finished job with m samples (the study's pool size), as random images or the given uint8 ones."""
    m = item.study.pool_size if m is None else m
    item.jobs.set([job(item, m, images)])
    return list(item.pool)


def more(item: Item, m: int, weights: Weights | None = None, *, parents: list[Sample] | None = None) -> GenerationJob:
    """m further samples of an item: of other weights, or interpolated between two parents."""
    made = job(item, m, weights=weights or item.study.weights)
    if parents:
        derivation = {
            "kind": "interpolation",
            "samples": [parent.sha256 for parent in parents],
            "origins": [[parent.seed, parent.attempt] for parent in parents],
            "shares": [round(place / (m + 1), 6) for place in range(1, m + 1)],
        }
        GenerationJob.objects.filter(pk=made.pk).update(derivation=derivation)
        made.refresh_from_db()
    item.jobs.add(made)
    return made


def job(item: Item, m: int, images: list[np.ndarray] | None = None, weights: Weights | None = None) -> GenerationJob:
    """A finished job of an item, not yet in its pool."""
    weights = weights or item.study.weights
    size, channels = item.low_res.width * weights.scale, item.low_res.channels
    images = images or [pixels(size, channels) for _ in range(m)]
    made = GenerationJob.objects.create(
        low_res=item.low_res,
        sampler=weights.sampler,
        weights=weights,
        first_seed=1000 * item.position,
        count=len(images),
        settings=item.study.settings,
        digest=hashlib.sha256(uuid.uuid4().bytes).hexdigest(),
        state=JobState.DONE,
    )
    target = _read(item.low_res)
    Sample.objects.bulk_create(
        Sample(
            job=made,
            index=index,
            seed=made.first_seed + index,
            sha256=store.put(encode_png(image), "samples", ".png"),
            lr_consistency=lr_consistency(image, target, weights.scale),
        )
        for index, image in enumerate(images)
    )
    return made


def _read(image: LowResImage) -> np.ndarray:
    from inference.core.images import read_image

    return read_image(store.get(image.sha256, "low_res", ".png"))


def open_study_with_pool(*, items: int = 1, truth: bool = False, **fields: Any) -> Study:
    """An open study, every item with its whole pool: people may vote."""
    made = study(**fields)
    for _ in range(items):
        pool(item(made, truth=truth))
    Study.objects.filter(pk=made.pk).update(state=StudyState.OPEN)
    made.refresh_from_db()
    return made


def mixed_study(*, more_of_item: int = 6, **fields: Any) -> Study:
    """An open study whose items have 12 samples of ldm/test1 and 6 of srdiff/other; an addition says so."""
    made = study(**fields)
    other = weights(made.weights.channels, sampler="srdiff", name="other", scale=made.weights.scale)
    made.additions.create(weights=other, count=more_of_item)
    one = item(made)
    pool(one)
    more(one, more_of_item, other)
    Study.objects.filter(pk=made.pk).update(state=StudyState.OPEN)
    made.refresh_from_db()
    return made


def picture(study: Study, name: str = "five") -> StudyPicture:
    """A picture of the study's texts."""
    sha256 = store.put(encode_png(pixels(16)), "pictures", ".png")
    return study.pictures.create(name=name, sha256=sha256)


def participant(study: Study, **options: Any) -> Participant:
    return enrolment.enrol(study, **options)[0]


def labelled_trial(study: Study, label: str = "5") -> Trial:
    """The first trial of a new participant, with its label given."""
    trial = voting.current_trial(participant(study))
    assert trial is not None
    return voting.give_label(trial, label)


def vote(trial: Trial, samples: list[int], label: str = "5") -> voting.Cast:
    """A ballot for pool indexes (not positions) by the real service."""
    from studies.services.ordering import candidate_ids

    if trial.participant.study.ask_label and not trial.label:
        trial = voting.give_label(trial, label)
    ids = list(trial.item.pool.values_list("pk", flat=True))
    order = candidate_ids(trial)
    positions = [order.index(ids[index]) for index in samples]
    confidence = 3 if trial.participant.study.ask_confidence and samples else None
    return voting.cast(trial, submission_id=uuid.uuid4(), label=trial.label, positions=positions, confidence=confidence)


def vote_all(study: Study, samples: list[int], label: str = "5", **options: Any) -> Participant:
    """A new participant who gives every item the same answer."""
    person = participant(study, **options)
    while (trial := voting.current_trial(person)) is not None:
        vote(trial, samples, label)
    person.refresh_from_db()
    return person
