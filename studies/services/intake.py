"""LR images and their hidden truths come in: checked, re-encoded from pixels, one item each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Max

from inference import services as inference
from inference.core.images import Decoded, decode, encode_png, to_uint8, to_uint16
from inference.models import LowResImage
from studies.errors import IntakeError
from studies.models import GroundTruth, Item, Study, StudyState
from studies.services.candidates import drawing
from studies.services.design.archives import read_members
from studies.services.design.channels import with_channels
from studies.services.design.truth import store_truth

Upload = File | BinaryIO | bytes


@dataclass(frozen=True)
class _Stored:
    """An image whose files are stored, so that all that is missing is its item."""

    name: str
    low_res: LowResImage
    truth_sha256: str | None


def add_item(study: Study, file: Upload, *, name: str = "", truth: Upload | None = None) -> Item:
    """A new last item from one image file, with its hidden truth where there is one.

    Raises IntakeError, one sentence, for a file that cannot be used, an image that the study has already, a truth
    of another size than scale x LR, and a study whose items are fixed. Then nothing has changed.
    """
    check_items_may_change(study)
    stored = _store(study, file, truth, name or getattr(file, "name", None) or "")
    with transaction.atomic():
        check_items_may_change(study)
        return _append(study, stored)


def add_archive(study: Study, file: Upload) -> list[Item]:
    """New items from every image of a zip archive, in the natural order of names; all or none.

    Images are at the top or in `lr/`; truths in `truth/` (or `hr/`) under the same name, whatever the ending.
    Raises IntakeError, naming the file, as `add_item` and for an archive that is not safe to open.
    """
    check_items_may_change(study)
    for member in read_members(file):  # all are looked at before the first is stored
        with _naming(member.path):
            _decoded_pair(study, member.image, member.truth)
    stored = []
    for member in read_members(file):
        with _naming(member.path):
            stored.append((member.path, _store(study, member.image, member.truth, member.name)))
    # Nobody else can write to SQLite meanwhile, so that files are stored before.
    with transaction.atomic():
        check_items_may_change(study)
        return [_append_named(study, path, one) for path, one in stored]


def _append_named(study: Study, path: str, stored: _Stored) -> Item:
    with _naming(path):
        return _append(study, stored)


def remove_item(item: Item) -> None:
    """Take an item out of its study while its items may still change; its samples stay stored."""
    with transaction.atomic():
        check_items_may_change(item.study)
        drawing.stop(item.jobs.all())
        item.delete()


def check_items_may_change(study: Study) -> None:
    """Raises IntakeError (409) when the study's images must stay as they are; decides inside a transaction."""
    current = Study.objects.select_for_update().get(pk=study.pk) if _in_transaction() else study
    if current.state == StudyState.OPEN:
        raise IntakeError("The study is open: close it before you change its images.", status=409)
    if current.frozen_at is not None or current.participants.exists():
        raise IntakeError("People have started this study, so its images stay as they are.", status=409)


def items_may_change(study: Study) -> bool:
    """Whether pages should offer it. At most one query."""
    try:
        check_items_may_change(study)
    except IntakeError:
        return False
    return True


def _in_transaction() -> bool:
    return transaction.get_connection().in_atomic_block


def _append(study: Study, stored: _Stored) -> Item:
    if twin := study.items.filter(low_res=stored.low_res).first():
        raise IntakeError(f"This image is in the study already, as “{twin.name}”.")
    last = study.items.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    name = stored.name[:200] or f"image {position + 1}"
    item = Item.objects.create(study=study, position=position, name=name, low_res=stored.low_res)
    if stored.truth_sha256 is not None:
        GroundTruth.objects.create(item=item, sha256=stored.truth_sha256)
    return item


def _store(study: Study, file: Upload, truth: Upload | None, name: str) -> _Stored:
    low_res, high_res = _decoded_pair(study, file, truth)
    return _Stored(name, _stored_low_res(low_res), None if high_res is None else _stored_truth(high_res))


def _decoded_pair(study: Study, file: Upload, truth: Upload | None) -> tuple[Decoded, Decoded | None]:
    """The pixels of an LR image and of its truth, checked against each other and the study's weights."""
    low_res = _decoded(file, study.weights.channels, settings.TRUSTSR_MAX_LOW_RES_SIDE)
    return low_res, None if truth is None else _decoded_truth(truth, low_res, study.weights.scale)


def _decoded(file: Upload, channels: int, side: int) -> Decoded:
    """The pixels of a file of at most side x side pixels, checked before they are unpacked."""
    try:
        image = decode(file, max_pixels=side**2, max_bytes=settings.TRUSTSR_MAX_UPLOAD_BYTES)  # type: ignore[arg-type]
        return with_channels(image, channels)
    except inference.ImageError as error:
        raise IntakeError(str(error)) from None


def _decoded_truth(file: Upload, low_res: Decoded, scale: int) -> Decoded:
    height, width, channels = low_res.pixels.shape
    try:
        truth = _decoded(file, channels, settings.TRUSTSR_MAX_LOW_RES_SIDE * scale)
    except IntakeError as error:
        raise IntakeError(f"The truth cannot be used: {error.message}") from None
    found = truth.pixels.shape[:2]
    if found != (height * scale, width * scale):
        raise IntakeError(
            f"The truth is {found[1]} x {found[0]} pixels, but {scale} times the LR image ({width} x {height}) "
            f"is {width * scale} x {height * scale}."
        )
    return truth


def _stored_low_res(image: Decoded) -> LowResImage:
    try:
        return inference.store_low_res(image)
    except (inference.ImageError, inference.StoreError) as error:
        raise IntakeError(str(error)) from None


def _stored_truth(image: Decoded) -> str:
    data = encode_png(to_uint8(image.pixels) if image.bit_depth == 8 else to_uint16(image.pixels))
    try:
        return store_truth(data)
    except inference.StoreError as error:
        raise IntakeError(str(error)) from None


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Refusals inside name the member they are about."""
    try:
        yield
    except IntakeError as error:
        raise IntakeError(f"{path}: {error.message}", status=error.status) from None
