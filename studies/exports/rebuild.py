"""Ensembles made anew from the exported samples, to be compared with the exported files bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core import ensembling
from inference.core.images import ImageError, decode, to_uint8, to_uint16
from studies.exports import layout
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, sha256_of
from studies.exports.document import FILE as RESULTS


def pictures(bundle: Bundle) -> Iterator[str]:
    """Each sample and LR image is the very file that results.json names by its sha256."""
    for item in read_json(bundle, RESULTS)["items"]:
        named = {layout.low_res(item["position"]): item["low_res_sha256"]}
        named |= {layout.sample(item["position"], sample["index"]): sample["sha256"] for sample in item["samples"]}
        for path, sha256 in named.items():
            if path in bundle.sizes and sha256_of(bundle, path) != sha256:
                yield f"{path} is not the file that {RESULTS} names."


def ensembles(bundle: Bundle) -> Iterator[str]:
    """Each ensemble is made of the selection, and its four files hold exactly what its members give."""
    for item in read_json(bundle, RESULTS)["items"]:
        ensemble = item["evaluation"]["ensemble"]
        if ensemble is None:
            continue
        members = [member["index"] for member in ensemble["members"]]
        if sorted(members) != sorted(item["selection"]["chosen"]):
            yield f"Item {item['position']}: the ensemble is made of the samples {members}, not of the selection."
        yield from _differences(bundle, item["position"], ensemble)


def _differences(bundle: Bundle, number: int, ensemble: dict[str, Any]) -> Iterator[str]:
    if ensemble["rule"] != "mean":
        yield f"Item {number}: there is no rule {ensemble['rule']!r} to rebuild the ensemble by."
        return
    indices = [member["index"] for member in ensemble["members"]]
    weights = [member["weight"] for member in ensemble["members"]]
    mean = ensembling.mean(_stack(bundle, number, indices), weights)
    rebuilt: dict[str, NDArray] = {"png8": to_uint8(mean), "png16": to_uint16(mean), "tiff": mean.astype(np.float32)}
    if len(indices) > 1:
        rebuilt["spread"] = ensembling.spread(_stack(bundle, number, indices)).astype(np.float32)
    for kind, pixels in rebuilt.items():
        path = layout.ensemble(number, kind)
        if sha256_of(bundle, path) != ensemble[f"{kind}_sha256"]:
            yield f"{path} is not the file that {RESULTS} names."
        if not _same(bundle.read(path), pixels):
            yield f"{path} is not what its members give."


def _stack(bundle: Bundle, number: int, indices: list[int]) -> Iterator[NDArray[np.uint8]]:
    for index in indices:
        yield to_uint8(_decoded(bundle.read(layout.sample(number, index))))


def _decoded(data: bytes) -> NDArray[np.float32]:
    return decode(BytesIO(data)).pixels


def _same(data: bytes, pixels: NDArray) -> bool:
    """The file holds these pixels, in this type, to the last bit. Compressed bytes may differ between libraries."""
    try:
        decoded = decode(BytesIO(data))
    except ImageError:
        return False
    if decoded.bit_depth != 8 * pixels.dtype.itemsize or decoded.pixels.shape != pixels.shape:
        return False
    if pixels.dtype == np.uint8:
        return np.array_equal(to_uint8(decoded.pixels), pixels)
    if pixels.dtype == np.uint16:
        return np.array_equal(to_uint16(decoded.pixels), pixels)
    return np.array_equal(decoded.pixels, pixels)
