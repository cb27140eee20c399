"""The pictures that were rated, made anew from what an export says they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core import ensembling
from inference.core.degradation import upscale
from inference.core.images import read_uint8, to_uint8
from inference.core.rules import RULES, combine
from studies.exports import layout
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json
from studies.exports.design import FILE as DESIGN
from studies.exports.document import FILE as RESULTS
from studies.exports.manifest import MANIFEST
from studies.exports.rebuild import Stack, decoded, same
from studies.models import StimulusKind
from studies.services.opinions.stimuli import control_indexes, single_index

Facts = dict[str, Any]


@dataclass(frozen=True)
class Rated:
    """A picture that was rated. facts: of study.json;  item: of results.json;  phase: the phase's settings"""

    bundle: Bundle
    facts: Facts
    item: Facts
    phase: Facts
    scale: int
    uploads: dict[str, str]

    @property
    def origin(self) -> Facts:
        return dict(self.facts["provenance"])

    @property
    def where(self) -> str:
        return f"Item {self.item['position']}, the rated picture “{self.facts['condition']}”"

    def samples(self, indexes: list[int]) -> Stack:
        return Stack(self.bundle, self.item["position"], indexes)


def pictures(bundle: Bundle) -> Iterator[str]:
    """Every rated picture holds exactly what its provenance gives; controls and single samples follow from the seed.

    The truth, and what a public export does not have as it was uploaded, cannot be made again.
    """
    design, results = _documents(bundle)
    known = {item["position"] for item in results["items"]}
    for facts in _stimuli(design):
        if facts["item"] not in known:
            yield f"{DESIGN} has a rated picture of item {facts['item']}, of which {RESULTS} knows nothing."
    for one in _rated(bundle, design, results):
        said = list(_ORIGINS[one.facts["kind"]](one)) if one.facts["kind"] in _ORIGINS else []
        yield from said
        pixels = None if said else _PIXELS.get(one.facts["kind"], _nothing)(one)
        if pixels is not None and not same(bundle.read(one.facts["path"]), pixels):
            yield f"{one.facts['path']} is not what its provenance gives."


def _documents(bundle: Bundle) -> tuple[Facts, Facts]:
    """Exports were without study.json once."""
    inside = DESIGN in read_json(bundle, MANIFEST)["files"]
    return read_json(bundle, DESIGN) if inside else {}, read_json(bundle, RESULTS)


def _stimuli(design: Facts) -> list[Facts]:
    stimuli: list[Facts] = (design.get("rating") or {}).get("stimuli", [])
    return stimuli


def _rated(bundle: Bundle, design: Facts, results: Facts) -> Iterator[Rated]:
    items = {item["position"]: item for item in results["items"]}
    uploads = {image["sha256"]: image["path"] for one in design.get("methods", ()) for image in one["images"]}
    for facts in _stimuli(design):
        if facts["item"] in items:
            item, scale = items[facts["item"]], results["protocol"]["scale"]
            yield Rated(bundle, facts, item, design["rating"]["settings"], scale, uploads)


def _of_ensemble(one: Rated) -> Iterator[str]:
    """The members are in the pool; the ensemble that results have too is stated alike."""
    yield from _known(one, one.origin["members"])
    if one.origin["rule"] not in RULES:
        yield f"{one.where}: there is no rule {one.origin['rule']!r} to make it by."
    reported = one.item["evaluation"]["ensemble"] or {}
    if reported.get("digest") == one.origin["digest"]:
        members = [member["sha256"] for member in reported["members"]]
        if (reported["rule"], members) != (one.origin["rule"], one.origin["members"]):
            yield f"{one.where}: {RESULTS} names other members of the same ensemble."


def _of_control(one: Rated) -> Iterator[str]:
    stated, n = one.origin["indexes"], len(one.origin["members"])
    drawn = control_indexes(one.phase["seed"], one.item["position"], len(one.item["samples"]), n)
    if stated != drawn:
        yield f"{one.where}: the seed of the rating phase draws the samples {drawn}, not {stated}."
    yield from _at(one, stated, one.origin["members"])


def _of_single(one: Rated) -> Iterator[str]:
    stated = one.origin["index"]
    drawn = single_index(one.phase["seed"], one.item["position"], len(one.item["samples"]))
    if stated != drawn:
        yield f"{one.where}: the seed of the rating phase draws the sample {drawn}, not {stated}."
    yield from _at(one, [stated], [one.origin["member"]])


def _of_bicubic(one: Rated) -> Iterator[str]:
    if (one.origin["low_res"], one.origin["scale"]) != (one.item["low_res_sha256"], one.scale):
        yield f"{one.where}: it is made of another image, or by another scale, than the study's."


def _of_method(one: Rated) -> Iterator[str]:
    if one.uploads and one.origin["image"] not in one.uploads:
        yield f"{one.where}: {DESIGN} has no upload of that sha256."


def _known(one: Rated, members: list[str]) -> Iterator[str]:
    if missing := set(members) - {sample["sha256"] for sample in one.item["samples"]}:
        yield f"{one.where}: its pool has no sample of the sha256 {min(missing)[:12]}."


def _at(one: Rated, indexes: list[int], members: list[str]) -> Iterator[str]:
    """The samples at these places of the pool are the members."""
    pool = [sample["sha256"] for sample in one.item["samples"]]
    if [pool[index] for index in indexes] != members:
        yield f"{one.where}: the samples {indexes} of the pool have other hashes than its provenance says."


def _ensemble(one: Rated) -> NDArray[np.uint8]:
    place = {sample["sha256"]: sample["index"] for sample in one.item["samples"]}
    return to_uint8(combine(one.origin["rule"], one.samples([place[sha256] for sha256 in one.origin["members"]])))


def _control(one: Rated) -> NDArray[np.uint8]:
    return ensembling.mean_uint8(one.samples(one.origin["indexes"]))


def _single(one: Rated) -> NDArray[np.uint8]:
    return next(iter(one.samples([one.origin["index"]])))


def _bicubic(one: Rated) -> NDArray[np.uint8]:
    low_res = decoded(one.bundle.read(layout.low_res(one.item["position"])))
    return to_uint8(upscale(low_res, one.scale).clip(0, 1))


def _method(one: Rated) -> NDArray[np.uint8] | None:
    path = one.uploads.get(one.origin["image"])
    return None if path is None else read_uint8(one.bundle.read(path))


def _nothing(one: Rated) -> None:
    return None


_ORIGINS: dict[str, Callable[[Rated], Iterator[str]]] = {
    StimulusKind.ENSEMBLE: _of_ensemble,
    StimulusKind.CONTROL: _of_control,
    StimulusKind.SINGLE: _of_single,
    StimulusKind.BICUBIC: _of_bicubic,
    StimulusKind.METHOD: _of_method,
}
_PIXELS: dict[str, Callable[[Rated], NDArray[np.uint8] | None]] = {
    StimulusKind.ENSEMBLE: _ensemble,
    StimulusKind.CONTROL: _control,
    StimulusKind.SINGLE: _single,
    StimulusKind.BICUBIC: _bicubic,
    StimulusKind.METHOD: _method,
}
