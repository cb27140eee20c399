"""The example studies: digits that are hard to read at x4, and ones of 4x4 pixels that nobody can be sure of, at x8."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.db import transaction

from inference import services as inference_services
from inference.core.images import encode_png
from inference.models import Weights
from studies.demo import digits
from studies.demo.pictures import Picture
from studies.errors import StudyError
from studies.models import Kind, Mode, Study
from studies.services import intake, lifecycle
from studies.services.design import items as items_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DIGIT_LABELS = tuple(map(str, range(10)))


def consent(shown: str, asked: str) -> str:
    """What participants agree to. shown: what they will look at;  asked: what they do then"""
    return (
        f"You will look at {shown} and at sharp candidates that a computer drew for them. You {asked}.\n\n"
        "It takes a few minutes. No name, address or account is asked for; only your answers and their times are "
        "stored. You may stop at any time, and withdraw your answers on the last page."
    )


@dataclass(frozen=True)
class Example:
    """One study: its name, the weights that draw it, its images and how many by default, and its protocol.

    images: of so many;  rated: how voters rate the results afterwards, a mode of rating phases; empty: not at all
    rivals: weights that draw one picture of each image to be compared with
    """

    name: str
    weights: str
    images: Callable[[int], Sequence[Picture]]
    items: int
    protocol: Mapping[str, Any]
    rated: str = ""
    rivals: tuple[str, ...] = ()


def _of_digits(found: Sequence[digits.HardDigit]) -> list[Picture]:
    return [Picture(one.name, one.image, label=str(one.label)) for one in found]


DIGITS = {
    "question": "Which digit is this?",
    "labels": list(DIGIT_LABELS),
    "instructions": "Pick the candidates that are most likely the true, sharp picture.",
    "consent_text": consent(
        "small, blurred pictures of handwritten digits",
        "say which digit you see and pick the candidates that look most likely",
    ),
    "pool_size": 100,
    "max_picks": 5,
    "ensemble_size": 5,
}
STANDARD = Example(
    "Hard-to-read digits", "ldm/digits", lambda count: _of_digits(digits.hardest(count)), 6, DIGITS, rated=Mode.ACR
)
HARD = Example(
    "Digits of 4 x 4 pixels, hard", "ldm/digits_x8", lambda count: _of_digits(digits.ambiguous(count)), 6, DIGITS
)


def shipped() -> list[Example]:
    """The examples whose weights are on this machine; the standard one is always among them."""
    known = {str(weights) for weights in inference_services.catalogue()}
    return [STANDARD, *([HARD] if HARD.weights in known else [])]


def study(owner: User, example: Example, *, items: int, name: str = "", seed: int | None = None) -> Study:
    """The example study of this name (else the example's): the one that exists, or a new one, ready to be drawn."""
    name = name or example.name
    existing = Study.objects.for_user(owner).filter(name=name).first()
    if existing is not None:
        return existing
    images = example.images(items)  # takes seconds, in which nobody else should wait for the database
    with transaction.atomic():
        seeded = {} if seed is None else {"seed": seed}
        made = lifecycle.create_study(
            owner, name=name, weights=_weights(example), target_participants=30, **example.protocol, **seeded
        )
        for one in images:
            truth = None if one.truth is None else BytesIO(encode_png(one.truth))
            item = intake.add_item(made, BytesIO(encode_png(one.low)), name=one.name, truth=truth)
            if one.label and one.label in made.labels:
                items_of.mark(item, kind=Kind.MAIN, expected_label=one.label)
    return made


def _weights(example: Example) -> Weights:
    known = {str(weights): weights for weights in inference_services.catalogue()}
    if example.weights not in known:
        raise StudyError(
            f"The weights {example.weights} are not here: restore inference/weights from the repository, or train or "
            "import them."
        )
    return known[example.weights]
