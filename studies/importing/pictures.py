"""Picture files of an export: looked at before they are stored under their sha256, as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

from inference import services as inference
from inference import store
from inference.core.images import decode
from studies.errors import StudyError
from studies.exports import design, layout, raters
from studies.exports.bundle import Bundle
from studies.models import Kind, StimulusKind
from studies.services.design.pictures import MAX_SIDE

#: Chunks that say nothing beside the picture: no text, no camera, no place.
_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


@dataclass(frozen=True)
class Expected:
    """One file. size: width and height in pixels, None where any is well."""

    path: str
    sha256: str
    folder: store.Folder
    size: tuple[int, int] | None


def expected(results: dict[str, Any], setting: dict[str, Any], inside: dict[str, int]) -> Iterator[Expected]:
    """The files that another installation needs; ensembles are made anew. inside: paths of the export."""
    scale = results["protocol"]["scale"]
    practice = [item for item in setting["items"] if item["kind"] != Kind.MAIN]
    for item in (*results["items"], *practice):
        number, width, height = item["position"], item["width"], item["height"]
        yield Expected(layout.low_res(number), item["low_res_sha256"], "low_res", (width, height))
        for sample in item["samples"]:
            size = width * scale, height * scale
            yield Expected(layout.sample(number, sample["index"]), sample["sha256"], "samples", size)
        if item.get("truth_sha256") and layout.truth(number) in inside:
            yield Expected(layout.truth(number), item["truth_sha256"], "truth", (width * scale, height * scale))
    for path, sha256, folder in design.files(setting):
        if folder == "pictures":
            yield Expected(path, sha256, folder, None)
    sizes = {item["position"]: (item["width"] * scale, item["height"] * scale) for item in results["items"]}
    for item, path, sha256, kind in _of_items(setting, inside):
        yield Expected(path, sha256, kind, sizes[item])


def _of_items(setting: dict[str, Any], inside: dict[str, int]) -> Iterator[tuple[int, str, str, store.Folder]]:
    """Item, path, sha256 and folder of what methods made of items, and of what was rated."""
    for method in setting.get("methods", ()):
        for image in method["images"]:
            yield image["item"], image["path"], image["sha256"], "methods"
    rated = setting["rating"] if raters.FILE in inside else None
    for one in rated["stimuli"] if rated else ():
        if one["kind"] != StimulusKind.REFERENCE:  # that one is made anew, of the truth
            yield one["item"], one["path"], one["sha256"], "stimuli"


def put(bundle: Bundle, file: Expected) -> None:
    """Check and store one file; raises StudyError, naming it, and StoreError."""
    data = bundle.read(file.path)
    try:
        image = decode(BytesIO(data), max_pixels=_most(file), max_bytes=len(data))
    except inference.ImageError as error:
        raise StudyError(f"{file.path} cannot be used: {error}") from None
    height, width, _ = image.pixels.shape
    if file.size is not None and (width, height) != file.size:
        raise StudyError(f"{file.path} has {width} x {height} pixels instead of {file.size[0]} x {file.size[1]}.")
    if not _plain(data):
        raise StudyError(f"{file.path} is no plain PNG file: it carries more than its picture.")
    storage = storages["truth" if file.folder == "truth" else "default"]
    if store.put(data, file.folder, ".png", storage=storage) != file.sha256:
        raise StudyError(f"{file.path} is not the file that the results name.")


def _most(file: Expected) -> int:
    """Pixels, before anything is decoded."""
    if file.size is None:
        return MAX_SIDE**2
    return min(file.size[0] * file.size[1], (16 * int(settings.TRUSTSR_MAX_LOW_RES_SIDE)) ** 2)


def _plain(data: bytes) -> bool:
    """Whether a PNG file is its picture and nothing else, to its last byte."""
    at, kind = 8, b""
    while kind != b"IEND" and at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind not in _CHUNKS:
            return False
        at += length + 12
    return data.startswith(b"\x89PNG\r\n\x1a\n") and kind == b"IEND" and at == len(data)
