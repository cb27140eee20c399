"""study.json: what of a study's design no figure depends on, but another installation needs to have the same study.

Practice items and attention checks with their pools, pictures of its texts, what is known of the weights, uploaded
methods, and the rating phase with its pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inference.models import Sample, Weights
from inference.store import Folder
from studies.exports import layout, methods, stimuli
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, sha256_of
from studies.exports.document import jobs
from studies.exports.manifest import MANIFEST
from studies.models import Item, Kind, Study

FILE = "study.json"


def build(study: Study) -> dict[str, Any]:
    """The document, ready for JSON."""
    items = [_item(item) for item in study.items.select_related("low_res")]
    return {
        "items": items,
        "pictures": _pictures(study),
        "weights": _weights(study),
        "methods": methods.build(study),
        "rating": stimuli.build(study),
    }


def public(design: dict[str, Any], *, truth: bool) -> dict[str, Any]:
    """The document as the public may have it: with the pictures that were rated, but not as they were uploaded."""
    return design | {"methods": [], "rating": stimuli.public(design["rating"], truth=truth)}


def _item(item: Item) -> dict[str, Any]:
    """Of main items only what results.json does not say. suspect: indexes of samples kept in spite of their fault."""
    rows = list(item.pool.select_related("job"))
    image = item.low_res
    plain = {
        "position": item.position,
        "kind": item.kind,
        "expected_label": item.expected_label,
        "feedback": item.feedback,
        "channels": image.channels,
        "bit_depth": image.bit_depth,
        "suspect": [index for index, sample in enumerate(rows) if sample.suspect],
    }
    if item.kind == Kind.MAIN:
        return plain
    samples = [_sample(index, sample) for index, sample in enumerate(rows)]
    shown = {"name": item.name, "low_res_sha256": image.sha256, "width": image.width, "height": image.height}
    return {**plain, **shown, "samples": samples, "jobs": jobs(item.pk)}


def _sample(index: int, sample: Sample) -> dict[str, Any]:
    facts = {name: getattr(sample, name) for name in ("seed", "sha256", "lr_consistency", "attempt", "fault")}
    return {"index": index, **facts, "job_digest": sample.job.request_digest}


def _pictures(study: Study) -> list[dict[str, Any]]:
    return [dict(row) for row in study.pictures.values("name", "sha256")]


def _weights(study: Study) -> list[dict[str, Any]]:
    """Of the study, its additions and all jobs."""
    used = {study.weights_id, *study.additions.values_list("weights", flat=True)}
    used |= set(study.items.values_list("jobs__weights", flat=True))
    rows = Weights.objects.filter(pk__in=used).order_by("sampler", "name", "sha256")
    return [dict(row) for row in rows.values("sampler", "name", "sha256", "scale", "channels", "licence")]


def files(design: dict[str, Any]) -> Iterator[tuple[str, str, Folder]]:
    """(path in the export, sha256, folder of the store) of every file that only this document names."""
    for item in design["items"]:
        if item["kind"] != Kind.MAIN:
            yield layout.low_res(item["position"]), item["low_res_sha256"], "low_res"
            for sample in item["samples"]:
                yield layout.sample(item["position"], sample["index"]), sample["sha256"], "samples"
    for picture in design["pictures"]:
        yield layout.picture(picture["name"]), picture["sha256"], "pictures"
    for path, sha256 in methods.files(design.get("methods", ())):
        yield path, sha256, "methods"
    for path, sha256 in stimuli.files(design.get("rating")):
        yield path, sha256, "stimuli"


def check(bundle: Bundle) -> Iterator[str]:
    """Each file is the one that is named. Exports made before there was this document say nothing of it."""
    if FILE not in read_json(bundle, MANIFEST)["files"]:
        return
    for path, sha256, _ in files(read_json(bundle, FILE)):
        if path not in bundle.sizes:
            yield f"{path} is missing, but {FILE} names it."
        elif sha256_of(bundle, path) != sha256:
            yield f"{path} is not the file that {FILE} names."
