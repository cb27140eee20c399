"""The two tasks of "Trustworthy SR" (Korkmaz et al. 2024), section 4, as studies with the weights that ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from studies.demo import digits, pictures
from studies.demo.examples import DIGIT_LABELS, Example, consent
from studies.demo.pictures import Picture
from studies.models import Mode

#: What the paper's model is: a latent diffusion model of photographs, at x4. Task 2 shows the other families beside it.
WEIGHTS, SCALE = "ldm/photos", 4
FAMILIES = ("ldm/photos", "lddpm/photos", "resshift/photos", "srdiff/photos")
#: Images of each task, and pixels per side of a photograph's truth.
ITEMS, SIDE = {1: 1, 2: 10}, 128

#: The 324 are four mosaics of 9 x 9 copies (section 4: a digit of 7 x 7 pixels is repeated 9 times both ways).
FIRST: dict[str, Any] = {
    "question": "Which digit is this?",
    "labels": list(DIGIT_LABELS),
    "instructions": "Pick the 2 candidates that help most to identify the digit.",
    "consent_text": consent(
        "small, blurred pictures of handwritten digits",
        "say which digit you see and pick the 2 candidates that help most to identify it",
    ),
    "pool_size": 324,
    "max_picks": 2,
    "exact_picks": True,
    "ensemble_size": 5,
    "settings": {"mosaic": True},
}
#: 32 x 32 to 128 x 128 pixels; all candidates are shown at once.
SECOND: dict[str, Any] = {
    "question": "Which of the candidates look most natural?",
    "ask_label": False,
    "instructions": "Pick at most 3 candidates with natural looking details, colours and lighting.",
    "consent_text": consent("small, blurred photographs", "pick the candidates that look most natural"),
    "pool_size": 15,
    "page_size": 15,
    "max_picks": 3,
    "ensemble_size": 3,
}


def task(number: int, *, weights: str = WEIGHTS, images: Path | None = None, items: int | None = None) -> Example:
    """Task 1: name a digit, pick 2 of 324. Task 2: pick at most 3 of 15 for each of ten photographs.

    weights: of x4, and for Task 1 of a family that has mosaics;  images: a folder of HR images instead of those that
    ship;  items: so many instead of the paper's. Raises StudyError.
    """
    found = _pictures(number, images, items or ITEMS[number])
    return Example(
        # Other images are another study: what was drawn for some does not go on with others.
        name=f"Trustworthy SR, Task {number}, {weights}, images {pictures.digest(found)}",
        weights=weights,
        images=lambda count: found[:count],
        items=len(found),
        protocol=FIRST if number == 1 else SECOND,
        rated=Mode.NAMING if number == 1 else "",
        rivals=() if number == 1 else tuple(one for one in FAMILIES if one != weights),
    )


def _pictures(number: int, folder: Path | None, count: int) -> Sequence[Picture]:
    side = SIDE if number == 2 else None
    if folder is not None:
        found = pictures.of_folder(folder, count, side=side, scale=SCALE)
        return [replace(one, label=_label(one.name)) for one in found] if number == 1 else found
    if side is not None:
        return pictures.photographs(count, side=side, scale=SCALE)
    # Between 5 and 6, as the paper's digit is.
    return [Picture(one.name, one.image, label=str(one.label)) for one in digits.between(5, 6, count)]


def _label(name: str) -> str | None:
    """A file that is named like `anything_5.png` shows a 5."""
    _, mark, label = name.rpartition("_")
    return label if mark and label in DIGIT_LABELS else None
