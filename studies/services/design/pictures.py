"""Pictures of a study's texts: checked and re-encoded from their pixels, stored by content, shown by name."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import BinaryIO

from django.core.files.base import File
from django.db import transaction

from inference import services as inference
from inference import store
from inference.core.images import decode, encode_png, to_uint8
from studies.errors import IntakeError
from studies.models import Study, StudyPicture
from studies.services.design import markdown

MAX_SIDE = 2000
MAX_BYTES = 16 * 2**20
MAX_PICTURES = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")

Upload = File | BinaryIO | bytes


def add(study: Study, file: Upload, *, name: str = "") -> StudyPicture:
    """A picture that texts of the study show as ![...](name); a picture of that name is replaced.

    name: small letters, digits, - and _; by default made from the file's name
    Raises IntakeError for a file that cannot be used, and where the first ballot has frozen the study's texts.
    """
    name = name or default_name(getattr(file, "name", None) or "")
    if not _NAME.fullmatch(name):
        raise IntakeError("Name the picture with small letters, digits, “-” and “_”, such as example-1.")
    _check_may_change(study)
    sha256 = _stored(file)
    with transaction.atomic():
        _check_may_change(Study.objects.select_for_update().get(pk=study.pk))
        others = study.pictures.exclude(name=name).count()
        if others >= MAX_PICTURES:
            raise IntakeError(f"A study has at most {MAX_PICTURES} pictures: remove one first.")
        return study.pictures.update_or_create(name=name, defaults={"sha256": sha256})[0]


def remove(picture: StudyPicture) -> None:
    """Take a picture out of the study. Raises IntakeError where the first ballot has frozen its texts."""
    with transaction.atomic():
        _check_may_change(Study.objects.select_for_update().get(pk=picture.study_id))
        picture.delete()


def may_change(study: Study) -> bool:
    return study.frozen_at is None


def png(picture: StudyPicture) -> bytes:
    """The stored file; raises StoreError."""
    return store.get(picture.sha256, "pictures", ".png")


def default_name(file_name: str) -> str:
    """A picture's name from that of its file: "My Photo 2.PNG" becomes my-photo-2."""
    return re.sub(r"[^a-z0-9_]+", "-", PurePath(file_name).stem.lower()).strip("-_")[:50]


def missing(study: Study) -> list[str]:
    """Names that texts of the study show and that are no pictures of it."""
    texts = [study.introduction, study.instructions, *study.items.values_list("feedback", flat=True)]
    for row in study.texts.all():
        texts += [row.introduction, row.instructions, *row.feedback.values()]
    wanted = set().union(*map(markdown.pictures, filter(None, texts)))
    return sorted(wanted - set(study.pictures.values_list("name", flat=True))) if wanted else []


def _check_may_change(study: Study) -> None:
    if not may_change(study):
        raise IntakeError("The first ballot has frozen what this study shows, its pictures included.", status=409)


def _stored(file: Upload) -> str:
    try:
        image = decode(file, max_pixels=MAX_SIDE**2, max_bytes=MAX_BYTES)  # type: ignore[arg-type]
        return store.put(encode_png(to_uint8(image.pixels)), "pictures", ".png")
    except (inference.ImageError, inference.StoreError) as error:
        raise IntakeError(str(error)) from None
