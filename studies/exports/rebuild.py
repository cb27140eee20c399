"""Ensembles made anew from the exported samples, to be compared with the exported files bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core import ensembling
from inference.core.degradation import upscale
from inference.core.images import ImageError, decode, to_uint8, to_uint16
from inference.core.metrics import lr_residual
from inference.core.regions import Parts
from inference.core.rules import RULES, combine
from studies.exports import layout, variants
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, sha256_of
from studies.exports.document import FILE as RESULTS


def pictures(bundle: Bundle) -> Iterator[str]:
    """Each sample, LR image and truth is the very file that results.json names by its sha256."""
    for item in read_json(bundle, RESULTS)["items"]:
        named = {layout.low_res(item["position"]): item["low_res_sha256"]}
        named |= {layout.sample(item["position"], sample["index"]): sample["sha256"] for sample in item["samples"]}
        named[layout.truth(item["position"])] = item["truth_sha256"]
        for path, sha256 in named.items():
            if path in bundle.sizes and sha256_of(bundle, path) != sha256:
                yield f"{path} is not the file that {RESULTS} names."


def ensembles(bundle: Bundle) -> Iterator[str]:
    """The study's ensemble is made of the selection, and the files of every ensemble hold exactly what members give."""
    results = read_json(bundle, RESULTS)
    for item in results["items"]:
        for key, ensemble in variants.ensembles(item):
            members = [member["index"] for member in ensemble["members"]]
            if not key and sorted(members) != sorted(item["selection"]["chosen"]):
                yield f"Item {item['position']}: the ensemble is made of the samples {members}, not of the selection."
            yield from _differences(bundle, item["position"], key, ensemble, results["protocol"]["scale"])


def _differences(bundle: Bundle, number: int, key: str, ensemble: dict[str, Any], scale: int) -> Iterator[str]:
    if ensemble["rule"] not in RULES:
        yield f"Item {number}: there is no rule {ensemble['rule']!r} to rebuild the ensemble by."
        return
    for kind, pixels in _rebuilt(bundle, number, ensemble, scale).items():
        path = layout.ensemble(number, kind, key)
        if sha256_of(bundle, path) != ensemble[f"{kind}_sha256"]:
            yield f"{path} is not the file that {RESULTS} names."
        if not same(bundle.read(path), pixels):
            yield f"{path} is not what its members give."


def _rebuilt(bundle: Bundle, number: int, ensemble: dict[str, Any], scale: int) -> dict[str, NDArray]:
    """What each file should hold; the residual only where the export has it, as later ones do."""
    stack = Stack(bundle, number, [member["index"] for member in ensemble["members"]])
    weights = [member["weight"] for member in ensemble["members"]]
    combined = combine(ensemble["rule"], stack, weights=weights, parts=parts_of(ensemble.get("parts")))
    picture = to_uint8(combined)
    rebuilt: dict[str, NDArray] = {
        "png8": picture,
        "png16": to_uint16(combined),
        "tiff": combined.astype(np.float32),
    }
    if len(stack) > 1:
        rebuilt["spread"] = ensembling.spread(stack).astype(np.float32)
    if ensemble.get("residual_sha256"):
        low_res = decoded(bundle.read(layout.low_res(number)))
        rebuilt["residual"] = lr_residual(picture, low_res, scale).astype(np.float32)
    return rebuilt


def parts_of(stated: dict[str, Any] | None) -> Parts | None:
    """Which member shows where, in places among the members; None where the ensemble is not made of parts."""
    if stated is None:
        return None
    return Parts(stated["columns"], stated["rows"], tuple(tuple(cell) for cell in stated["cells"]))


class Stack:
    """Exported samples, read anew each time they are gone through: a member may be a whole pool."""

    def __init__(self, bundle: Bundle, number: int, indexes: list[int]) -> None:
        self._bundle = bundle
        self._paths = [layout.sample(number, index) for index in indexes]

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (to_uint8(decoded(self._bundle.read(path))) for path in self._paths)


def bicubic(bundle: Bundle, number: int, scale: int) -> NDArray[np.uint8]:
    """The LR image of the item at this position, enlarged."""
    return to_uint8(upscale(decoded(bundle.read(layout.low_res(number))), scale).clip(0, 1))


def decoded(data: bytes) -> NDArray[np.float32]:
    """The pixels of a picture file; raises ImageError."""
    return decode(BytesIO(data)).pixels


def same(data: bytes, pixels: NDArray) -> bool:
    """The file holds these pixels, in this type, to the last bit. Compressed bytes may differ between libraries."""
    try:
        found = decode(BytesIO(data))
    except ImageError:
        return False
    if found.bit_depth != 8 * pixels.dtype.itemsize or found.pixels.shape != pixels.shape:
        return False
    if pixels.dtype == np.uint8:
        return np.array_equal(to_uint8(found.pixels), pixels)
    if pixels.dtype == np.uint16:
        return np.array_equal(to_uint16(found.pixels), pixels)
    return np.array_equal(found.pixels, pixels)
