"""The example studies: digits that are hard to read at x4, and ones of 4x4 pixels that nobody can be sure of, at x8."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from django.db import transaction

from inference import services as inference_services
from inference.core.images import encode_png
from inference.models import Weights
from studies.demo import digits
from studies.errors import StudyError
from studies.models import Study
from studies.services import intake, lifecycle

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CONSENT = (
    "You will look at small, blurred pictures of handwritten digits and at sharp candidates that a computer drew "
    "for them. You say which digit you see and pick the candidates that look most likely.\n\n"
    "It takes a few minutes. No name, address or account is asked for; only your answers and their times are "
    "stored. You may stop at any time, and withdraw your answers on the last page."
)


@dataclass(frozen=True)
class Example:
    """One example study: its name, the name of the weights that draw it by default, and its images."""

    name: str
    weights: str
    images: Callable[[int], tuple[digits.HardDigit, ...]]


STANDARD = Example("Hard-to-read digits", "ldm/digits", digits.hardest)
HARD = Example("Digits of 4 x 4 pixels, hard", "ldm/digits_x8", digits.ambiguous)


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
        made = _create(owner, name, _weights(example), {} if seed is None else {"seed": seed})
        for digit in images:
            intake.add_item(made, BytesIO(encode_png(digit.image)), name=digit.name)
    return made


def _weights(example: Example) -> Weights:
    known = {str(weights): weights for weights in inference_services.catalogue()}
    if example.weights not in known:
        raise StudyError(f"The weights {example.weights} are not here: restore inference/weights from the repository.")
    return known[example.weights]


def _create(owner: User, name: str, weights: Weights, fields: dict[str, int]) -> Study:
    return lifecycle.create_study(
        owner,
        name=name,
        question="Which digit is this?",
        labels=[str(digit) for digit in range(10)],
        instructions="Pick the candidates that are most likely the true, sharp picture.",
        consent_text=CONSENT,
        pool_size=100,
        max_picks=5,
        ensemble_size=5,
        weights=weights,
        target_participants=30,
        **fields,
    )
