"""The example study: 8x8 handwritten digits that come inside scikit-learn, the hardest ones to read.

Their makers reduced 32x32 scans to 8x8 (E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits",
UCI repository), so x4 super-resolution asks for just what was lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction

from inference import services as inference_services
from inference.core.images import encode_png
from studies.errors import StudyError
from studies.models import Study
from studies.services import intake, lifecycle

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LEVELS = 16
WEIGHTS = "ldm/digits"
CONSENT = (
    "You will look at small, blurred pictures of handwritten digits and at sharp candidates that a computer drew "
    "for them. You say which digit you see and pick the candidates that look most likely.\n\n"
    "It takes about five minutes. No name, address or account is asked for; only your answers and their times are "
    "stored. You may stop at any time, and withdraw your answers on the last page."
)


@dataclass(frozen=True)
class HardDigit:
    """One 8x8 digit: its number in scikit-learn's set, its true label, and how unsure a reader is of it."""

    number: int
    label: int
    entropy: float
    image: np.ndarray  # uint8 (8, 8, 1)

    @property
    def name(self) -> str:
        return f"digit {self.number}"


@cache
def hardest(count: int) -> tuple[HardDigit, ...]:
    """The digits on which a reader of the 8x8 images, tested on what it was not trained on, is least sure.

    Reader: logistic regression, five-fold cross-validation; doubt is the entropy of its probabilities in bits.
    """
    from sklearn.datasets import load_digits  # heavy, and only the demonstration needs it
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    data = load_digits()
    reader = LogisticRegression(C=0.5, max_iter=200)
    probabilities = cross_val_predict(reader, data.data / LEVELS, data.target, cv=5, method="predict_proba")
    entropies = -(probabilities * np.log2(np.maximum(probabilities, 1e-12))).sum(axis=1)
    order = np.argsort(-entropies, kind="stable")[:count]
    return tuple(HardDigit(int(i), int(data.target[i]), float(entropies[i]), _to_uint8(data.images[i])) for i in order)


def _to_uint8(counts: np.ndarray) -> np.ndarray:
    """Ink counts 0..16 -> grey values 0..255, (8, 8, 1)."""
    return np.floor(counts / LEVELS * 255 + 0.5).astype(np.uint8)[..., None]


def example_study(owner: User, *, name: str, items: int, seed: int | None = None) -> Study:
    """The example study of this name: the one that exists, or a new one with its items, ready to be drawn."""
    existing = Study.objects.for_user(owner).filter(name=name).first()
    if existing is not None:
        return existing
    digits = hardest(items)  # takes seconds, in which nobody else should wait for the database
    with transaction.atomic():
        study = _create(owner, name, {} if seed is None else {"seed": seed})
        for digit in digits:
            intake.add_item(study, BytesIO(encode_png(digit.image)), name=digit.name)
    return study


def _create(owner: User, name: str, fields: dict[str, int]) -> Study:
    known = {str(weights): weights for weights in inference_services.catalogue()}
    if WEIGHTS not in known:
        raise StudyError(f"The weights {WEIGHTS} are not here: restore inference/weights from the repository.")
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
        weights=known[WEIGHTS],
        target_participants=30,
        **fields,
    )
