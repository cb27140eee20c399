"""LR images and their hidden truths come in: checked, re-encoded from pixels, one item each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Max

from inference import services as inference
from inference import store
from inference.core.images import Decoded, decode, encode_png, to_uint8, to_uint16
from inference.models import LowResImage
from studies.errors import IntakeError
from studies.models import GroundTruth, Item, Study, StudyState
from studies.services import drawing
from studies.services.archives import Member, read_members
from studies.services.channels import with_channels

Upload = File | BinaryIO | bytes


def add_item(study: Study, file: Upload, *, name: str = "", truth: Upload | None = None) -> Item:
    """A new last item from one image file, with its hidden truth where there is one.

    Raises IntakeError, one sentence, for a file that cannot be used, an image that the study has already, a truth
    of another size than scale x LR, and a study whose items are fixed. Then nothing has changed.
    """
    low_res_pixels = _decoded(file, study.weights.channels, settings.TRUSTSR_MAX_LOW_RES_SIDE)
    truth_pixels = None if truth is None else _decoded_truth(truth, low_res_pixels, study.weights.scale)
    low_res = _stored_low_res(low_res_pixels)
    truth_sha256 = None if truth_pixels is None else _stored_truth(truth_pixels)
    with transaction.atomic():
        _check_items_may_change(study)
        item = _append(study, low_res, name or getattr(file, "name", None) or "")
        if truth_sha256 is not None:
            GroundTruth.objects.create(item=item, sha256=truth_sha256)
    return item


def add_archive(study: Study, file: Upload) -> list[Item]:
    """New items from every image of a zip archive, in the natural order of names; all or none.

    Images are at the top or in `lr/`; truths in `truth/` (or `hr/`) under the same name, whatever the ending.
    Raises IntakeError, naming the file, as `add_item` and for an archive that is not safe to open.
    """
    _check_items_may_change(study)
    items = []
    with transaction.atomic():
        for member in read_members(file):
            with _naming(member):
                items.append(add_item(study, member.image, name=member.name, truth=member.truth))
    return items


def remove_item(item: Item) -> None:
    """Take an item out of its study while its items may still change; its samples stay stored."""
    with transaction.atomic():
        _check_items_may_change(item.study)
        drawing.stop(item.jobs.all())
        item.delete()


def _check_items_may_change(study: Study) -> None:
    current = Study.objects.select_for_update().get(pk=study.pk) if _in_transaction() else study
    if current.state == StudyState.OPEN:
        raise IntakeError("The study is open: close it before you change its images.", status=409)
    if current.frozen_at is not None or current.participants.exists():
        raise IntakeError("People have started this study, so its images stay as they are.", status=409)


def _in_transaction() -> bool:
    return transaction.get_connection().in_atomic_block


def _append(study: Study, low_res: LowResImage, name: str) -> Item:
    if twin := study.items.filter(low_res=low_res).first():
        raise IntakeError(f"This image is in the study already, as “{twin.name}”.")
    last = study.items.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    return Item.objects.create(
        study=study, position=position, name=name[:200] or f"image {position + 1}", low_res=low_res
    )


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
        return store.put(data, "truth", ".png", storage=storages["truth"])
    except inference.StoreError as error:
        raise IntakeError(str(error)) from None


@contextmanager
def _naming(member: Member) -> Iterator[None]:
    """Refusals inside name the member they are about."""
    try:
        yield
    except IntakeError as error:
        raise IntakeError(f"{member.path}: {error.message}", status=error.status) from None
