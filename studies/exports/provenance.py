"""Where samples come from that were made from others: told in results, table and manifest alike, and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studies.exports import layout, samples
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.manifest import MANIFEST


def provenance(sample: dict[str, Any]) -> dict[str, Any] | None:
    """Of one sample in results.json, as the manifest says it: how it was made, and sha256 of its parents."""
    if not sample.get("derivation"):
        return None
    return {"kind": sample["derivation"], "samples": sample["parents"]}


def check(bundle: Bundle) -> Iterator[str]:
    """Every parent is in the pool of its child, and all three files say the same.

    Exports made before there were such samples say nothing of them.
    """
    listed = {(int(row["item"]), int(row["sample"])): row for row in table(bundle, samples.FILE)}
    entries = read_json(bundle, MANIFEST)["files"]
    for item in read_json(bundle, RESULTS)["items"]:
        number = item["position"]
        recipes = {job["digest"]: job.get("derivation", {}) for job in item["jobs"]}
        known = {sample["sha256"] for sample in item["samples"]}
        for sample in item["samples"]:
            where = f"Item {number}, sample {sample['index']}"
            parents = sample.get("parents", [])
            if not known.issuperset(parents):
                yield f"{where}: it was made from a sample that is not in its pool."
            stated = provenance(sample)
            if stated != _of_job(recipes.get(sample["job_digest"], {})):
                yield f"{where}: its job says that it was made otherwise."
            row = listed.get((number, sample["index"]), {})
            if (row.get("derivation", ""), row.get("parents", "")) != (sample.get("derivation", ""), " ".join(parents)):
                yield f"{where}: {samples.FILE} says that it was made otherwise."
            if entries.get(layout.sample(number, sample["index"]), {}).get("derivation") != stated:
                yield f"{where}: {MANIFEST} says that it was made otherwise."


def _of_job(derivation: dict[str, Any]) -> dict[str, Any] | None:
    return {"kind": derivation["kind"], "samples": derivation["samples"]} if derivation else None
