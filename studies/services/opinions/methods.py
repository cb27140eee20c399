"""Results of other networks, uploaded per item by file name, to be compared as methods.

A pattern says what the files are called: {item} stands for an item's name, {position} for its position as exports
count it (000, 001, ...); endings do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction

from inference import services as inference
from inference import store
from inference.core.images import decode, encode_png, to_uint8
from studies.errors import IntakeError
from studies.models import Item, Method, MethodImage, RatingPhase, StimulusKind, Study
from studies.services.analysis import compared
from studies.services.design.channels import with_channels

MAX_METHODS = 30
MAX_NAMED = 5  # files that a refusal names
PLACES = ("{item}", "{position}")

Upload = File | BinaryIO | bytes


@dataclass(frozen=True)
class Named:
    """One uploaded file."""

    name: str
    file: Upload


def add(study: Study, name: str, files: Sequence[Named], *, pattern: str = "{item}") -> Method:
    """Results of one method, a file for each item; a method of this name gets them in addition, or anew.

    Raises IntakeError, naming the files, for one that fits no item, two that fit the same, one that is no picture of
    scale x the LR image, and once people rate. Then nothing has changed.
    """
    name = " ".join(name.split())
    check_name(study, name)
    _refuse_rated(study)
    items = list(study.items.main().select_related("low_res", "study__weights"))
    found = _matched(items, files, pattern)
    for item, one in found.items():  # all are looked at before the first is stored
        _picture(item, one)
    stored = {item: _stored(_picture(item, one)) for item, one in found.items()}
    with transaction.atomic():
        _refuse_rated(study)
        method, _ = Method.objects.get_or_create(study=study, name=name)
        for item, sha256 in stored.items():
            facts = {"sha256": sha256, "file_name": found[item].name[:200]}
            MethodImage.objects.update_or_create(method=method, item=item, defaults=facts)
    return method


def remove(method: Method) -> None:
    """Take a method out of the study, with its stimuli. Raises IntakeError once people rate."""
    with transaction.atomic():
        _refuse_rated(method.study)
        phase = RatingPhase.objects.filter(study=method.study_id).first()
        if phase is not None:
            phase.stimuli.filter(method=method).delete()
        method.delete()


def png(sha256: str) -> bytes:
    """The stored file of a method's image, verified; raises StoreError."""
    return store.get(sha256, "methods", ".png")


def _stored(png: bytes) -> str:
    try:
        return store.put(png, "methods", ".png")
    except inference.StoreError as error:
        raise IntakeError(str(error)) from None


def check_name(study: Study, name: str) -> None:
    """Raises IntakeError for a name that no further method of the study can have."""
    if not name or len(name) > 80:
        raise IntakeError("Give the method a name of up to 80 characters, such as EDSR.")
    if _plain(name) in map(_plain, (*StimulusKind.values, *compared.OURS)):
        raise IntakeError(f"“{name}” is what our own pictures are called: choose another name.")
    others = study.methods.exclude(name=name).values_list("name", flat=True)
    if alike := next((other for other in others if _plain(other) == _plain(name)), None):
        raise IntakeError(
            f"There is the method “{alike}”, the same name but for capitals and spaces: give exactly that, or another."
        )
    if study.methods.exclude(name=name).count() >= MAX_METHODS:
        raise IntakeError(f"A study has at most {MAX_METHODS} methods: remove one first.")


def _plain(name: str) -> str:
    """As people read it: capitals and spaces tell no two methods apart."""
    return "".join(name.split()).casefold()


def _refuse_rated(study: Study) -> None:
    """Decides inside a transaction."""
    phase = RatingPhase.objects.select_for_update().filter(study=study).first() if _in_transaction() else None
    phase = phase or RatingPhase.objects.filter(study=study).first()
    if phase is not None and (phase.is_open or phase.raters.exists()):
        raise IntakeError("People rate the pictures of this study already: its methods stay as they are.", status=409)


def _in_transaction() -> bool:
    return transaction.get_connection().in_atomic_block


def _matched(items: Sequence[Item], files: Sequence[Named], pattern: str) -> dict[Item, Named]:
    """Item -> its file. Raises IntakeError."""
    if not files:
        raise IntakeError("Choose at least one file.")
    expression = _expression(pattern)
    known = {PurePath(item.name).stem: item for item in items} | {item.name: item for item in items}
    positions = {item.position: item for item in items}
    found: dict[Item, Named] = {}
    strangers = []
    for one in files:
        item = _item(expression.fullmatch(PurePath(one.name).stem), known, positions)
        if item is None:
            strangers.append(one.name)
        elif item in found:
            raise IntakeError(f"{found[item].name} and {one.name} both fit the image “{item.name}”: send one of them.")
        else:
            found[item] = one
    if strangers:
        more = f" and {len(strangers) - MAX_NAMED} more" if len(strangers) > MAX_NAMED else ""
        names = ", ".join(sorted(strangers)[:MAX_NAMED])
        verb = "fits" if len(strangers) == 1 else "fit"
        raise IntakeError(f"{names}{more} {verb} no image of this study by the pattern “{pattern}”: nothing is stored.")
    return found


def _expression(pattern: str) -> re.Pattern[str]:
    """{item} or {position}, once; what the pattern says beside it has to be there. Endings are left out."""
    stem = re.sub(r"\.(png|jpe?g|tiff?|bmp|webp)$", "", pattern.strip(), flags=re.I)
    if sum(stem.count(place) for place in PLACES) != 1:
        raise IntakeError("The pattern has {item} or {position} in it, once, such as {item}_edsr.png.")
    escaped = re.escape(stem).replace(r"\{item\}", "(?P<item>.+)").replace(r"\{position\}", r"(?P<position>\d{1,6})")
    return re.compile(escaped)


def _item(match: re.Match[str] | None, known: Mapping[str, Item], positions: Mapping[int, Item]) -> Item | None:
    if match is None:
        return None
    groups = match.groupdict()
    return positions.get(int(groups["position"])) if "position" in groups else known.get(groups["item"])


def _picture(item: Item, one: Named) -> bytes:
    """The file's pixels as 8-bit PNG, checked against the item. Raises IntakeError, naming the file."""
    scale = item.study.weights.scale
    wanted = item.low_res.height * scale, item.low_res.width * scale
    try:
        side = settings.TRUSTSR_MAX_LOW_RES_SIDE * scale
        limit = settings.TRUSTSR_MAX_UPLOAD_BYTES
        image = decode(one.file, max_pixels=side**2, max_bytes=limit)  # type: ignore[arg-type]
        image = with_channels(image, item.low_res.channels)
    except inference.ImageError as error:
        raise IntakeError(f"{one.name}: {error}") from None
    height, width = image.pixels.shape[:2]
    if (height, width) != wanted:
        raise IntakeError(
            f"{one.name} is {width} x {height} pixels, but {scale} times the image “{item.name}” is "
            f"{wanted[1]} x {wanted[0]}."
        )
    return encode_png(to_uint8(image.pixels))
